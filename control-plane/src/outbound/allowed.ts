import { type Address, addressOf, isIn, isPublic, type Network, networkOf } from "@appos/shared/addresses";

/** Private hosts and networks that whoever runs AppOS lets it reach. */
export interface Allowed {
  hosts: Set<string>;
  networks: Network[];
}

const HostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** Hosts, addresses and networks, by commas; throws with a sentence. */
export function allowedFrom(list: string): Allowed {
  const words = list.split(",").map((word) => word.trim().toLowerCase());
  const hosts = new Set<string>();
  const networks: Network[] = [];
  for (const word of words.filter(Boolean)) {
    const network = networkOf(word);
    if (network) networks.push(network);
    else if (HostName.test(word) && !/^[\d.]+$/.test(word)) hosts.add(word);
    else throw new Error(`${word} is no host, address or network, such as git.lan, 10.0.0.7 or 10.0.0.0/8`);
  }
  return { hosts, networks };
}

export const nothingAllowed: Allowed = { hosts: new Set(), networks: [] };

/** As a browser and DNS see it: without the dot at its end. */
export const hostOf = ({ hostname }: URL) => hostname.toLowerCase().replace(/\.$/, "");

const isListed = (address: Address, { networks }: Allowed) => networks.some((network) => isIn(address, network));
/** Whether its name or its address was let through by name: such a one may also be asked unencrypted. */
export function isAllowedHost(host: string, allowed: Allowed): boolean {
  const address = addressOf(host);
  return address === undefined ? allowed.hosts.has(host) : isListed(address, allowed);
}

/** Why a host may not be asked, as far as its name says; undefined where nothing speaks against it. */
export function hostProblem(host: string, allowed: Allowed): string | undefined {
  if (isAllowedHost(host, allowed)) return undefined;
  const address = addressOf(host);
  if (address !== undefined) return isPublic(address) ? undefined : `${host} is a private address`;
  const isLocal = !host.includes(".") || /(^|\.)(localhost|local|internal|lan|home|corp|intranet|home\.arpa)$/.test(host);
  return isLocal ? `${host} is a private name` : undefined;
}

/** Why a name that leads to these addresses may not be asked: one that is not public is enough. */
export function addressProblem(host: string, addresses: string[], allowed: Allowed): string | undefined {
  if (isAllowedHost(host, allowed)) return undefined;
  const closed = addresses.some((text) => {
    const address = addressOf(text);
    return address === undefined || !(isPublic(address) || isListed(address, allowed));
  });
  return closed ? `${host} leads to a private address` : undefined;
}

/** What whoever runs AppOS can do about it. */
export const WAY_OUT = "To allow it, name the host or its network in APPOS_OUTBOUND_ALLOW.";
