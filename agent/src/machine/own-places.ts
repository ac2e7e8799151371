import { networkInterfaces } from "node:os";
import type Docker from "dockerode";

/** What is this server's own, and nothing beside it: all of its addresses, and the networks that its containers can be in. */
export async function ownPlaces(docker: Docker): Promise<{ addresses: string[]; networks: string[] }> {
  const addresses = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  const known = await docker.listNetworks();
  const networks = known.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []));
  return { addresses, networks: [...new Set(networks)].sort() };
}
