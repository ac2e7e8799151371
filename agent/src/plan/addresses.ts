import { type Danger, danger } from "@appos/shared/plan";
import type { AddressSpace } from "../machine/machine.ts";
import { isSet, map, type Part, text } from "../policy-model.ts";

/** Networks that would be made, where Docker has too few addresses left for all of them. */
export function missingAddresses(model: Part, existing: ReadonlySet<string>, space: AddressSpace): Danger[] {
  const wanted = Object.values(map(model.networks))
    .map(map)
    .filter(
      ({ name, driver, ipam, external }) =>
        ["", "bridge"].includes(text(driver)) && !isSet(external) && !isSet(map(ipam).config) && !existing.has(text(name)),
    )
    .map(({ name }) => text(name));
  const free = wanted.length === 0 ? 0 : freeNetworks(space, wanted.length);
  return wanted.slice(free).map((network) =>
    danger("no-address-space", {
      about: network,
      message: `The network ${network} cannot be made: all addresses that Docker has for networks are taken, by ${space.taken.length} networks and routes of this server.`,
      remedy:
        "Remove networks that nothing uses with docker network prune, or give Docker more in default-address-pools in /etc/docker/daemon.json.",
    }),
  );
}

type Range = [first: number, last: number];

/** How many networks Docker can still make, as far as anybody wants to know. */
export function freeNetworks({ pools, taken }: AddressSpace, wanted: number): number {
  const used = taken.map(range).filter((each) => each !== undefined);
  let free = 0;
  for (const { base, size } of pools) {
    const pool = range(base);
    if (!pool) continue;
    const step = 2 ** (32 - size);
    for (let first = pool[0]; first + step - 1 <= pool[1] && free < wanted; first += step)
      if (!used.some((other) => overlap(other, [first, first + step - 1]))) free++;
  }
  return free;
}

const overlap = (a: Range, b: Range) => a[0] <= b[1] && b[0] <= a[1];

/** Of IPv4; others take no addresses from these. */
function range(cidr: string): Range | undefined {
  const [address, bits] = cidr.split("/");
  const bytes = (address ?? "").split(".").map(Number);
  if (bytes.length !== 4 || bits === undefined || bytes.some(Number.isNaN)) return undefined;
  const size = 2 ** (32 - Number(bits));
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const first = number - (number % size);
  return [first, first + size - 1];
}
