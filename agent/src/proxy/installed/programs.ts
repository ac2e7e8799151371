import type { ProxyModel } from "@appos/shared/sites";
import { hostCaddy } from "./caddy/host-caddy.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Installed } from "./installed.ts";
import { hostNginx } from "./nginx/host-nginx.ts";

const programs: Record<HostFacts["program"], Installed> = { caddy: hostCaddy, nginx: hostNginx };

/** Those that there may be on a server, by what serves or is to. */
export const installedAs = ({ driver }: Pick<ProxyModel, "driver">): Installed => programs[driver === "caddy" ? "caddy" : "nginx"];
/** By what was found of the one that has our part. */
export const installedBy = ({ program }: HostFacts): Installed => programs[program];
