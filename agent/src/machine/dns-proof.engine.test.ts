import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { DnsProvider } from "@appos/shared/dns-providers";
import { note } from "../dns/left-behind.ts";
import { clientOf } from "../dns/provider.ts";
import { keep, keptOf } from "../proxy/certificates.ts";
import { keepProxy } from "../proxy/keeper.ts";
import { siteStates } from "../proxy/states.ts";
import { updatableZones } from "./dns-world.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { acmeAuthority, CADDY, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_680, https: 18_681 };
const NAMES = 18_690;
const DAY = 24 * 3_600_000;
const PROJECT = `appos_proxy_${PORTS.http}`;
const images = { caddy: CADDY, nginx: NGINX, traefik: "" };
const world = engineWorld({ proxy: { ...PORTS, images }, nameServers: [`127.0.0.1:${NAMES}`] });
const { machine } = world;
let zones: Awaited<ReturnType<typeof updatableZones>>;
let acme: Awaited<ReturnType<typeof acmeAuthority>>;
let provider: DnsProvider;

const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
const compose = `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]\n    stop_grace_period: 0s\n`;

beforeAll(async () => {
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  zones = await updatableZones({
    port: NAMES,
    // A name server does not look in another zone for what a name leads to, and no other one is asked here.
    zones: { "zone.test": ["moved 60 A 127.0.0.1", "_acme-challenge.away 60 CNAME away.proof.zone.test."] },
  });
  provider = zones.provider();
  // All names but one lead nowhere: what is issued for them was looked for in the DNS.
  acme = await acmeAuthority({ port: 18_684, httpPort: PORTS.http, nameServer: NAMES });
  await world.deploy("dns-a", 1, compose);
}, 60_000);
afterAll(async () => {
  await apply("caddy", []);
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  await world.end();
  acme.end();
  await zones.end();
}, 60_000);

const site = (name: string, more: object = {}) => ({
  name,
  https: "acme",
  dnsProviderId: "dns_1",
  routes: [{ path: "/", app: "dns-a", service: "web", port: 8080 }],
  ...more,
});
const apply = (driver: string, sites: object[], dnsProviders = sites.length > 0 ? [provider] : []) =>
  inTurn(() => world.run("apply-sites", { driver, acme: acme.settings, sites, dnsProviders }));
const visit = (name: string, https: boolean) => machine.visit({ name, path: "/", https, port: https ? PORTS.https : PORTS.http });
const statuses = async (name: string) => [(await visit(name, false)).status, (await visit(name, true)).status];
const pems = (name: string) => readdirSync(join(machine.folder, "proxy/config/certificates", name)).filter((file) => file.endsWith(".pem"));

let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(task: () => Promise<T>): Promise<T> {
  const done = turn.then(task);
  turn = done.catch(() => undefined);
  return done;
}

/** What goes on by itself while a test runs. */
async function keeping<T>(task: () => Promise<T>, on = machine): Promise<T> {
  const stop = new AbortController();
  const warn = vi.fn();
  try {
    return await task.call(keepProxy({ machine: on, inLane: (_, each) => inTurn(each), warn, signal: stop.signal }));
  } finally {
    stop.abort();
    await turn;
    expect(warn).not.toHaveBeenCalled();
  }
}
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 300 });

test("with Caddy, a name is served over HTTP until its certificate is here by the DNS, its partner and a delegated one too", async () => {
  const sites = [site("a.zone.test", { alias: "www.a.zone.test" }), site("away.zone.test")];
  expect(await apply("caddy", sites)).toMatchObject({ outcome: "succeeded" });
  expect(await statuses("a.zone.test")).toEqual([200, null]);
  // An agent that was killed has left a record behind.
  const left = { provider: "dns_1", name: "_acme-challenge.old.zone.test", value: "left" };
  await note("old.zone.test", left, machine);
  await clientOf(provider, machine).add(left.name, left.value, new AbortController().signal);
  expect(await zones.texts(left.name)).toEqual(["left"]);
  await keeping(async () => {
    await soon(async () => {
      expect(await statuses("a.zone.test")).toEqual([308, 200]);
      expect(await statuses("www.a.zone.test")).toEqual([308, 308]);
      expect(await statuses("away.zone.test")).toEqual([308, 200]);
    });
  });
  expect(await siteStates(machine)).toMatchObject([
    { certificate: { issuer: expect.stringContaining("Pebble"), names: ["a.zone.test"] }, certificateProblem: null, status: 200 },
    { certificate: { names: ["away.zone.test"] }, certificateProblem: null },
  ]);
  // Nothing of it stays in the DNS, and nobody but root reads what changes it.
  for (const name of [left.name, "_acme-challenge.a.zone.test", "away.proof.zone.test"])
    expect(await zones.texts(name), name).not.toEqual(expect.any(Array));
  expect(statSync(join(machine.folder, "proxy/model.json")).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(machine.folder, "proxy/config/config.json"), "utf8")).not.toMatch(/automate|secret/);
});

test("Nginx goes on with them, and one is renewed in time without an order", async () => {
  const { certificate } = await visit("a.zone.test", true);
  expect(await apply("nginx", [site("a.zone.test")])).toMatchObject({ outcome: "succeeded" });
  expect((await visit("a.zone.test", true)).certificate).toEqual(certificate);
  const [before] = pems("a.zone.test");
  // As if two thirds of its life were over: signatures of updates go by the clock, which is to be right.
  const kept = await keptOf("a.zone.test", machine);
  const times = { notAfter: Date.now() + DAY, notBefore: Date.now() - 30 * DAY, gotAt: Date.now() - 30 * DAY };
  await keep("a.zone.test", { ...kept, certificate: { ...kept.certificate!, ...times } }, machine);
  await keeping(() => soon(async () => expect(pems("a.zone.test")).not.toContain(before)));
  expect(await statuses("a.zone.test")).toEqual([308, 200]);
});

test("a wildcard and the name itself get theirs side by side, and any name is served with it, by each proxy", async () => {
  const sites = [site("zone.test"), site("*.zone.test")];
  expect(await apply("caddy", sites)).toMatchObject({ outcome: "succeeded" });
  expect(await statuses("any.zone.test")).toEqual([200, null]);
  await keeping(async () => {
    for (const name of ["zone.test", "any.zone.test"]) await soon(async () => expect(await statuses(name)).toEqual([308, 200]));
  });
  const named = async (name: string) => (await visit(name, true)).certificate?.names;
  const seen = [await named("zone.test"), await named("any.zone.test"), await named("other.zone.test")];
  expect(seen).toEqual([["zone.test"], ["*.zone.test"], ["*.zone.test"]]);
  expect(pems("_wildcard.zone.test")).toHaveLength(1);
  expect(await siteStates(machine)).toMatchObject(sites.map(({ name }) => ({ name, certificate: { names: [name] }, status: 200 })));
  expect(await zones.texts("_acme-challenge.zone.test")).not.toEqual(expect.any(Array));
  expect(await apply("nginx", sites)).toMatchObject({ outcome: "succeeded" });
  expect([await named("zone.test"), await named("any.zone.test")]).toEqual([["zone.test"], ["*.zone.test"]]);
  expect(await statuses("any.zone.test")).toEqual([308, 200]);
});

test("a certificate that came over HTTP goes on where its name is to be proven in the DNS from then on", async () => {
  expect(await apply("caddy", [site("moved.zone.test", { dnsProviderId: undefined })], [])).toMatchObject({ outcome: "succeeded" });
  await soon(async () => expect(await statuses("moved.zone.test")).toEqual([308, 200]));
  const { certificate } = await visit("moved.zone.test", true);
  const other = [zones.provider({ secret: "bm8=" })];
  expect(await apply("caddy", [site("moved.zone.test")], other)).toMatchObject({ outcome: "succeeded" });
  expect(await statuses("moved.zone.test")).toEqual([308, 200]);
  expect((await visit("moved.zone.test", true)).certificate).toEqual(certificate);
  expect(readFileSync(join(machine.folder, "proxy/config/config.json"), "utf8")).not.toContain("automate");
});

test.each([
  ["b.zone.test", { secret: Buffer.from("another key").toString("base64") }, /Our own.*the signature is wrong \(BADSIG\)/],
  ["c.zone.test", { keyName: "nobody" }, /it knows no key nobody with hmac-sha256 \(BADKEY\)/],
  ["d.zone.test", { server: "127.0.0.1:9" }, /RFC 2136 \(Our own\) could not be asked: connect ECONNREFUSED/],
])("a provider that does not take a record says why: %s", async (name, more, words) => {
  expect(await apply("caddy", [site(name)], [zones.provider(more)])).toMatchObject({ outcome: "succeeded" });
  await keeping(() =>
    soon(async () =>
      expect(await siteStates(machine)).toMatchObject([{ certificate: null, certificateProblem: expect.stringMatching(words) }]),
    ),
  );
  expect(await statuses(name)).toEqual([200, null]);
});
