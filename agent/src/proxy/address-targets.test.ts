import { expect, test } from "vitest";
import type { NamesLooked } from "../machine/machine.ts";
import { fakeMachine } from "../machine/fake-machine.ts";
import { addressTargets } from "./address-targets.ts";
import { findTargets } from "./targets.ts";

/** A server at 192.168.1.5, whose Docker has the network 172.17.0.0/16. */
function world() {
  let now = Date.UTC(2026, 10, 22);
  const server = fakeMachine("/var/lib/appos", { now: () => now, elapsed: () => now, sleep: async () => {} });
  server.addresses = ["192.168.1.5"];
  const dns = new Map<string, NamesLooked<string>>();
  let asked = 0;
  const machine = {
    ...server.machine,
    names: { ...server.machine.names, addresses: async (name: string) => (asked++, dns.get(name) ?? { problem: "no-such-name" as const }) },
  };
  const leadsTo = async (host: string) => (await addressTargets([{ address: { host, port: 80 } }], machine)).get(host)!;
  return {
    machine,
    leadsTo,
    says: (name: string, ...records: string[]) => dns.set(name, { records }),
    isSilent: (name: string) => dns.set(name, { problem: "silent" }),
    pass: (ms: number) => void (now += ms),
    asked: () => asked,
  };
}

test.each([
  ["the server's own address", "192.168.1.5", "this server itself"],
  ["a container's, or its gateway's", "172.17.0.1", "a network of Docker's (172.17.0.0/16)"],
  ["the server itself", "127.0.0.1", "the server itself"],
  ["a cloud's metadata", "169.254.169.254", "link-local"],
  ["no machine", "0.0.0.0", "no machine"],
])("%s is led to neither by its address nor by a name for it", async (_, address, words) => {
  const { leadsTo, says } = world();
  says("nas.lan", address);
  // One of several is enough: whoever answers for the name could choose.
  says("two.lan", "192.168.1.20", address);
  for (const host of [address, "nas.lan", "two.lan"])
    expect(await leadsTo(host), host).toEqual({ problem: expect.stringContaining(words) });
});

test("a name is looked up here, and the proxy is told the address; what it leads to later is looked at before it is told", async () => {
  const { leadsTo, says, pass, asked } = world();
  says("nas.lan", "192.168.1.21", "192.168.1.20");
  expect(await leadsTo("nas.lan")).toEqual({ address: "192.168.1.20" });
  // In whichever order it is said, and as long as it is among them, it stays.
  says("nas.lan", "192.168.1.10", "192.168.1.20");
  expect([await leadsTo("nas.lan"), asked()]).toEqual([{ address: "192.168.1.20" }, 1]);
  pass(30_000);
  expect([await leadsTo("nas.lan"), asked()]).toEqual([{ address: "192.168.1.20" }, 2]);
  pass(30_000);
  says("nas.lan", "192.168.1.30");
  expect(await leadsTo("nas.lan")).toEqual({ address: "192.168.1.30" });
  pass(30_000);
  says("nas.lan", "127.0.0.1");
  expect(await leadsTo("nas.lan")).toMatchObject({ problem: expect.any(String) });
});

test("while no name server answers it is where it was, and where it never was it is said", async () => {
  const { leadsTo, says, isSilent, pass } = world();
  isSilent("nas.lan");
  expect(await leadsTo("nas.lan")).toEqual({ problem: "No name server could say where nas.lan leads." });
  says("nas.lan", "192.168.1.20");
  await leadsTo("nas.lan");
  pass(3_600_000);
  isSilent("nas.lan");
  expect(await leadsTo("nas.lan")).toEqual({ address: "192.168.1.20" });
  expect(await leadsTo("none.lan")).toMatchObject({ problem: expect.stringContaining("no A record") });
});

test("whoever renders is told an address that was looked at, or nothing", async () => {
  const { machine, says } = world();
  says("nas.lan", "192.168.1.20");
  const site = (name: string, host: string) =>
    ({ name, https: "off", forceHttps: false, alias: null, address: { host, port: 8080 }, routes: [] }) as const;
  const acme = { directory: "https://acme.test/dir", email: null, roots: null };
  const sites = [site("nas.test", "nas.lan"), site("bad.test", "172.17.0.2")].map((each) => ({ ...each, routes: [] }));
  const { resolved, unreached } = await findTargets({ driver: "caddy", acme, sites }, machine);
  expect(resolved.sites.map(({ routes }) => routes)).toEqual([
    [{ path: "/", upstreams: [{ host: "192.168.1.20", port: 8080 }], beside: null }],
    [{ path: "/", upstreams: [], beside: null }],
  ]);
  expect(JSON.stringify(resolved)).not.toContain("nas.lan");
  expect(unreached).toEqual([{ name: "bad.test", problem: expect.stringContaining("172.17.0.0/16") }]);
});
