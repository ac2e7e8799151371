import { expect, test } from "vitest";
import type { DnsProvider } from "@appos/shared/dns-providers";
import { fakeMachine } from "../machine/fake-machine.ts";
import type { Names } from "../machine/machine.ts";
import { untilShown } from "./until-shown.ts";

const provider: DnsProvider = { id: "dns_1", name: "Company", zones: ["a.test"], access: { kind: "hetzner", token: "t" } };
const record = { name: "_acme-challenge.a.test", value: "value" };
const { signal } = new AbortController();

/** A zone with two name servers, each of which answers as a test says after so many looks. */
function zone(texts: (address: string, look: number) => Awaited<ReturnType<Names["texts"]>>) {
  const server = fakeMachine();
  server.dns.set("a.test", { ns: ["ns1.a.test", "ns2.a.test"] });
  server.dns.set("ns1.a.test", { a: ["192.0.2.1"] });
  server.dns.set("ns2.a.test", { a: ["192.0.2.2"], aaaa: ["2001:db8::2"] });
  const looks = new Map<string, number>();
  const names: Names = {
    ...server.machine.names,
    async texts(_, { address }) {
      const look = (looks.get(address) ?? 0) + 1;
      looks.set(address, look);
      return texts(address, look);
    },
  };
  const machine = { ...server.machine, names };
  const begun = machine.elapsed();
  return { looks, wait: () => untilShown(record, provider, machine, signal), waited: () => machine.elapsed() - begun };
}

test("all name servers of a zone that answer have to show a record, beside whatever else is there", async () => {
  const it = zone((address, look) => (address === "192.0.2.2" && look < 4 ? { problem: "no-such-name" } : { records: ["other", "value"] }));
  expect(await it.wait()).toBeUndefined();
  expect([...it.looks]).toEqual([
    ["192.0.2.1", 4],
    ["192.0.2.2", 4],
    ["2001:db8::2", 4],
  ]);
});

test("one that cannot be asked from here keeps nobody waiting, and one that never shows it does so for two minutes", async () => {
  const first = zone((address) => (address.includes(":") ? { problem: "silent" } : { records: ["value"] }));
  expect(await first.wait()).toBeUndefined();
  const second = zone((address) => (address === "192.0.2.2" ? { records: ["other"] } : { records: ["value"] }));
  expect(await second.wait()).toBe("ns2.a.test did not show the record at _acme-challenge.a.test within two minutes.");
  expect(second.waited()).toBe(120_000);
  const none = zone(() => ({ problem: "silent" }));
  expect(await none.wait()).toContain("None of the name servers");
  expect(none.waited()).toBe(20_000);
});
