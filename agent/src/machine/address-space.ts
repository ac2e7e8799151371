import { readFile } from "node:fs/promises";
import type Docker from "dockerode";
import type { AddressSpace } from "./machine.ts";

/** What Docker takes where it is told nothing: 31 networks in all. */
const DEFAULT_POOLS = [
  ...Array.from({ length: 15 }, (_, i) => ({ base: `172.${17 + i}.0.0/16`, size: 16 })),
  { base: "192.168.0.0/16", size: 20 },
];

/** Docker takes no addresses either that the server itself has a route to. */
export async function addressSpace(docker: Docker): Promise<AddressSpace> {
  const [info, networks, routes] = await Promise.all([
    docker.info() as Promise<{ DefaultAddressPools?: { Base: string; Size: number }[] | null }>,
    docker.listNetworks(),
    readFile("/proc/net/route", "utf8").catch(() => ""),
  ]);
  const pools = info.DefaultAddressPools?.map(({ Base, Size }) => ({ base: Base, size: Size }));
  const subnets = networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []));
  return { pools: pools?.length ? pools : DEFAULT_POOLS, taken: [...new Set([...subnets, ...routesIn(routes)])] };
}

/** The networks of a routing table, as the kernel writes it: four bytes backwards. */
export function routesIn(table: string): string[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, destination, , , , , , mask]) => {
      if (!destination || !mask || /^0+$/.test(destination)) return [];
      const bits = [...parseInt(mask, 16).toString(2)].filter((bit) => bit === "1").length;
      return `${destination
        .match(/../g)!
        .reverse()
        .map((byte) => parseInt(byte, 16))
        .join(".")}/${bits}`;
    });
}
