import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import type Docker from "dockerode";
import { inTime } from "./docker-client.ts";
import type { Changeover } from "./machine.ts";

const CONNECT_MS = 2_000;
/** In /proc/net/tcp: somebody is at both ends. */
const ESTABLISHED = "01";

export function changeover(docker: Docker): Changeover {
  const seen = (id: string) => inTime(docker.getContainer(id).inspect());
  return {
    rename: async (id, name) => void (await inTime(docker.getContainer(id).rename({ name }))),
    /** It takes as long as the container was given to end. */
    async stop(id) {
      await docker.getContainer(id).stop();
    },
    addressIn: async (id, network) => (await seen(id)).NetworkSettings.Networks[network]?.IPAddress || undefined,
    async accepts(id, network, port) {
      const at = (await seen(id)).NetworkSettings.Networks[network];
      const address = at?.IPAddress || at?.GlobalIPv6Address;
      return address ? connects(address, port) : false;
    },
    async reached(ids) {
      if (ids.length === 0) return new Map();
      const bridges = await inTime(docker.listNetworks({ filters: JSON.stringify({ driver: ["bridge"] }) }));
      const all = await Promise.all(ids.map((id) => seen(id).catch(() => undefined)));
      return new Map(
        all.flatMap((each) => {
          const its = Object.entries(each?.NetworkSettings.Networks ?? {}).filter(
            ([network, { IPAddress }]) => IPAddress !== "" && bridges.some(({ Name }) => Name === network),
          );
          its.sort(([a], [b]) => Number(b.endsWith("_default")) - Number(a.endsWith("_default")) || (a < b ? -1 : 1));
          return its.slice(0, 1).map(([network, { IPAddress }]) => [each!.Id, { network, address: IPAddress }] as const);
        }),
      );
    },
    async openConnections(id, ports, from) {
      const { Pid } = (await seen(id)).State;
      if (!Pid) return 0;
      const networks = from === "anybody" ? undefined : Object.values((await seen(from === "host" ? id : from)).NetworkSettings.Networks);
      // The server comes from its own address in each of them.
      const peers = networks?.flatMap(({ IPAddress, Gateway }) => (from === "host" ? Gateway : IPAddress) || []);
      const tables = await Promise.all(["tcp", "tcp6"].map((name) => readFile(`/proc/${Pid}/net/${name}`, "utf8").catch(() => undefined)));
      if (tables.every((table) => table === undefined)) return undefined;
      return tables.reduce((sum, table = "") => sum + established(table, ports, peers), 0);
    },
  };
}

/**
 * How many connections to these ports of its own a table has, from these IPv4 addresses or over IPv6: whose they are is not looked at there.
 * Without addresses, from anybody.
 * https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function established(table: string, ports: readonly number[], peers?: readonly string[]): number {
  const known = peers?.map(littleEndian);
  return table.split("\n").filter((line) => {
    const [, local = "", remote = "", state] = line.trim().split(/\s+/);
    const [host = ""] = remote.split(":");
    const isPeer = host.length === 8 || host.startsWith(MAPPED) ? (known?.includes(host.slice(-8)) ?? true) : true;
    return state === ESTABLISHED && isPeer && ports.includes(Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16));
  }).length;
}

const MAPPED = "0000000000000000FFFF0000";
const littleEndian = (address: string) =>
  address
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0").toUpperCase())
    .reverse()
    .join("");

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_MS, () => done(false));
    socket.on("connect", () => done(true)).on("error", () => done(false));
  });
}
