/** An IP address as a number, all of them in IPv6's space: what is IPv4 lies in ::ffff:0:0/96. */
export type Address = bigint;

/** Addresses with the same first bits. */
export interface Network {
  address: Address;
  bits: number;
}

const V4 = 0xffffn << 32n;
const mask = (bits: number) => ((1n << BigInt(bits)) - 1n) << BigInt(128 - bits);
export const isIn = (address: Address, network: Network) => (address & mask(network.bits)) === (network.address & mask(network.bits));

/** Undefined for what is no address. As DNS and the URL parser write them: four decimal numbers, or IPv6. */
export function addressOf(text: string): Address | undefined {
  const plain = text.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  return plain.includes(":") ? v6(plain) : v4(plain);
}

/** An address with or without the number of bits that count; undefined for anything else. */
export function networkOf(text: string): Network | undefined {
  const [name, size, more] = text.split("/");
  const address = addressOf(name ?? "");
  if (address === undefined || more !== undefined) return undefined;
  const width = name!.includes(":") ? 128 : 32;
  if (size === undefined) return { address, bits: 128 };
  if (!/^\d{1,3}$/.test(size) || Number(size) > width) return undefined;
  return { address, bits: 128 - width + Number(size) };
}

function v4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return V4 | parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function v6(text: string): Address | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const low = v4(dotted[2]!);
    return low === undefined ? undefined : v6(`${dotted[1]}${((low >> 16n) & 0xffffn).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined) return undefined;
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

const networks = (list: string) => list.split(/\s+/).map((text) => networkOf(text)!);
/** Private, shared, local, documentation, multicast and reserved; and the one public address at which a cloud keeps its metadata. */
const closedV4 = networks(
  `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
  192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`,
);
/** Of IPv6 only this is the internet, without what stands in it for something else. */
const openV6 = networkOf("2000::/3")!;
const closedV6 = networks("2001::/23 2001:db8::/32 3fff::/20");
const mapped = networkOf("::ffff:0:0/96")!;
const nat64 = networkOf("64:ff9b::/96")!;
const sixToFour = networkOf("2002::/16")!;

/** Whether an address is one of the internet's, which anybody may ask. */
export function isPublic(address: Address): boolean {
  if (isIn(address, mapped)) return !closedV4.some((network) => isIn(address, network));
  if (isIn(address, nat64)) return isPublic(V4 | (address & 0xffffffffn));
  if (isIn(address, sixToFour)) return isPublic(V4 | ((address >> 80n) & 0xffffffffn));
  return isIn(address, openV6) && !closedV6.some((network) => isIn(address, network));
}
