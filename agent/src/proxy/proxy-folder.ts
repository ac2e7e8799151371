import { CONSOLE_SOCKET } from "@appos/shared/sites";
import type { Machine } from "../machine/machine.ts";
import type { Driver } from "./driver.ts";

/** No app's project can have this name: theirs begin with `appos-`. Who has other ports than the usual ones is beside another one. */
export const proxyProject = ({ proxy: { http } }: Pick<Machine, "proxy">) => (http === 80 ? "appos_proxy" : `appos_proxy_${http}`);
export const isProxy = (project: string) => /^appos_proxy(_\d+)?(_trial)?$/.test(project);
/** The one network that is its own. */
export const ownNetwork = ({ name }: { name: string }) => `0${name}`;
export const PROXY_SERVICE = "proxy";

/** What the proxy's container sees, and may not change. */
export const proxyShared = ({ folder }: Pick<Machine, "folder">) => `${folder}/${CONSOLE_SOCKET.folder}`;

/** Where the proxy is kept on the server. */
export function proxyFolder(machine: Pick<Machine, "folder" | "proxy">, { config, next }: Pick<Driver, "config" | "next">) {
  const path = `${machine.folder}/proxy`;
  const shared = proxyShared(machine);
  return {
    path,
    shared,
    config: `${shared}/${config}`,
    next: `${shared}/${next}`,
    /** The last configuration that was seen to serve, and what the proxy was asked for with it. */
    good: `${path}/good-${config.replaceAll("/", "-")}`,
    model: modelFile(machine),
    project: { name: proxyProject(machine), folder: path, canonical: `${path}/compose.yaml`, secrets: `${path}/compose.env` },
  };
}
export type ProxyFolder = ReturnType<typeof proxyFolder>;

/** A kind of proxy, as it is started here. */
export interface Kind {
  driver: Driver;
  image: string;
  folder: ProxyFolder;
}

/** What the proxy serves, as it was last asked for: by this it goes on while the control plane is away. */
export const modelFile = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/model.json`;
