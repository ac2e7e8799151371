import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { without } from "./networks.ts";

/** In few bits, so that networks and what is gone of them meet. */
const near4 = fc
  .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 24, max: 32 }))
  .map(([last, bits]) => `203.0.113.${last}/${bits}`);
const near6 = fc
  .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 116, max: 128 }))
  .map(([last, bits]) => `2001:db8::${last.toString(16)}/${bits}`);
const alone = fc.integer({ min: 0, max: 15 }).map((last) => `203.0.113.${last}`);
const network = fc.oneof(near4, near6, alone, fc.constantFrom("0.0.0.0/0", "::/0"));

function listOf(networks: string[]) {
  // One that holds both finds IPv4 in what is of IPv6.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const each of networks) {
    const [address, bits] = each.split("/");
    const kind = each.includes(":") ? "ipv6" : "ipv4";
    lists[kind].addSubnet(address!, bits === undefined ? 32 : Number(bits), kind);
  }
  const kindOf = (address: string) => (address.includes(":") ? "ipv6" : "ipv4");
  return (address: string) => lists[kindOf(address)].check(address, kindOf(address));
}

test("what is left is who was let in, but for who is gone", () => {
  const asked = fc.oneof(
    fc.integer({ min: 0, max: 31 }).map((last) => `203.0.113.${last}`),
    fc.integer({ min: 0, max: 31 }).map((last) => `2001:db8::${last.toString(16)}`),
    fc.ipV4(),
  );
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 3 }),
      fc.array(network, { maxLength: 3 }),
      fc.array(asked, { minLength: 1 }),
      (all, gone, addresses) => {
        const [before, away, left] = [listOf(all), listOf(gone), listOf(without(all, gone))];
        for (const address of addresses) expect(left(address), address).toBe(before(address) && !away(address));
      },
    ),
  );
});

test("one address in all of IPv6 leaves a block for each of its bits", () => {
  expect(without(["::/0"], ["fd00:1::1"])).toHaveLength(128);
  expect(without(["10.0.0.0/8", "2001:db8::/32"], ["172.18.0.1", "fd00:1::1"])).toEqual(["10.0.0.0/8", "2001:db8::/32"]);
  expect(without(["172.18.0.0/30"], ["172.18.0.1"])).toEqual(["172.18.0.0/32", "172.18.0.2/31"]);
  expect(without(["172.18.0.1"], ["172.18.0.1"])).toEqual([]);
});
