import type { ProxySettings } from "../machine/machine.ts";
import type { Driver } from "./driver.ts";
import type { Resolved } from "./resolved.ts";
import { ownNetwork, PROXY_SERVICE, type ProxyFolder } from "./proxy-folder.ts";

type ComposeFolder = Pick<ProxyFolder, "shared" | "project">;

/** Whether a proxy that is started from this file is of this kind, and reads what it is to read when it starts. */
export function startsAs(text: string | undefined, driver: Driver, served: Resolved): boolean {
  // What it is to read comes last, and is another file for each kind.
  const { command } = driver.service(served) as { command: string[] };
  return text?.includes(JSON.stringify(command.at(-1))) ?? false;
}

/** The Compose file that the proxy is started from. It is JSON, which is YAML. Without ports nobody reaches it. */
export function proxyCompose(
  driver: Driver,
  image: string,
  served: Resolved,
  ports: Pick<ProxySettings, "http" | "https" | "migrates"> | undefined,
  folder: ComposeFolder,
): string {
  const { shared, project } = folder;
  const { volumes = [], ...service } = driver.service(served) as { volumes?: string[] };
  const model = {
    name: project.name,
    services: {
      [PROXY_SERVICE]: {
        image,
        restart: "unless-stopped",
        // A container that is not there is nobody: not some host of the same name elsewhere.
        dns_search: ["."],
        ...(ports && { ports: [`${ports.http}:80`, `${ports.https}:443`, `${ports.https}:443/udp`] }),
        // Or else who has just come to a port that is closed by a reload is turned away: https://docs.kernel.org/networking/ip-sysctl.html
        ...(ports?.migrates && driver.opensAnew && { sysctls: { "net.ipv4.tcp_migrate_req": "1" } }),
        // It holds the keys of every site, and needs no right but that to low ports.
        cap_drop: ["ALL"],
        cap_add: ["NET_BIND_SERVICE"],
        security_opt: ["no-new-privileges:true"],
        read_only: true,
        stop_grace_period: "30s",
        logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } },
        volumes: [`${shared}:/etc/appos-proxy:ro`, ...volumes],
        ...service,
      },
    },
    // Published ports hang on the network whose name comes first: they stay where they are when others are joined and left.
    networks: { default: { name: ownNetwork(project) } },
    volumes: Object.fromEntries(driver.volumes.map((name) => [name, {}])),
  };
  return `${JSON.stringify(model, undefined, 1)}\n`;
}
