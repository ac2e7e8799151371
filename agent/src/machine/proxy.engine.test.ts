import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { SiteState } from "@appos/shared/sites";
import { findProjects } from "../adopt/find-projects.ts";
import { keepProxy } from "../proxy/keeper.ts";
import { siteStates } from "../proxy/states.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { acmeAuthority, CADDY } from "./proxy-world.ts";

const PORTS = { http: 18_080, https: 18_443 };
const PROXY = `appos_proxy_${PORTS.http}-proxy-1`;
const VOLUME = `appos_proxy_${PORTS.http}_data`;
const world = engineWorld({ proxy: { ...PORTS, images: { caddy: CADDY, nginx: "", traefik: "" } } });
const { machine } = world;
let acme: Awaited<ReturnType<typeof acmeAuthority>>;

beforeAll(async () => {
  // A run that was cut off leaves an account there that this authority does not know.
  docker("volume", "rm", "--force", VOLUME);
  acme = await acmeAuthority({ port: 18_300, httpPort: PORTS.http });
  await world.deploy("px-a", 1, app("hello"));
}, 60_000);
afterAll(async () => {
  await apply([]);
  docker("volume", "rm", VOLUME);
  await world.end();
  acme.end();
}, 60_000);

const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
const app = (words: string, more = "") =>
  `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "mkdir -p /tmp/www; echo ${words} > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]\n    stop_grace_period: 0s\n${more}`;
const toWeb = { app: "px-a", service: "web", port: 8080 };
const site = (name: string, more: object = {}) => ({ name, https: "off", routes: [{ path: "/", ...toWeb }], ...more });
const apply = async (sites: object[], authority: object = acme.settings) => {
  const ending = await world.run("apply-sites", { driver: "caddy", acme: authority, sites });
  return { ...ending, sites: (ending.result as { sites: SiteState[] } | undefined)?.sites };
};
const status = async (name: string, https = false) =>
  (await machine.visit({ name, path: "/", https, port: https ? PORTS.https : PORTS.http })).status;
const config = () => readFileSync(join(machine.folder, "proxy/config/config.json"), "utf8");

test("a domain is served by an app; other names and other paths by nobody", async () => {
  expect(await apply([site("one.apps.test", { routes: [{ path: "/in", ...toWeb }] })])).toMatchObject({
    outcome: "succeeded",
    sites: [{ name: "one.apps.test", certificate: null, certificateProblem: null, status: 404 }],
  });
  expect(await apply([site("one.apps.test"), site("two.apps.test")])).toMatchObject({
    outcome: "succeeded",
    sites: [{ status: 200 }, { status: 200 }],
  });
  expect(await status("three.apps.test")).toBe(404);
  expect((await findProjects(machine)).map(({ project }) => project)).not.toContain(`appos_proxy_${PORTS.http}`);
  // Where the kernel can do it, a reload turns nobody away who has just come.
  const sysctls = docker("inspect", "--format", "{{json .HostConfig.Sysctls}}", `appos_proxy_${PORTS.http}-proxy-1`);
  expect(JSON.parse(sysctls)).toEqual(machine.proxy.migrates ? { "net.ipv4.tcp_migrate_req": "1" } : null);
});

test("a certificate comes by itself; where none does, what the authority says is told", async () => {
  const sites = [site("a.apps.test", { https: "acme", alias: "www.a.apps.test" }), site("nowhere.test", { https: "acme" })];
  expect(await apply(sites)).toMatchObject({ outcome: "succeeded" });
  await vi.waitFor(
    async () =>
      expect(await siteStates(machine)).toMatchObject([
        { status: 200, certificate: { issuer: expect.stringContaining("Pebble"), names: ["a.apps.test"] }, certificateProblem: null },
        { status: null, certificate: null, certificateProblem: expect.stringContaining("nowhere.test") },
      ]),
    { timeout: 30_000, interval: 300 },
  );
  expect(await status("a.apps.test")).toBe(308);
  await vi.waitFor(async () => expect(await status("www.a.apps.test", true)).toBe(308), { timeout: 30_000 });
});

test("what the proxy does not take changes nothing", async () => {
  await apply([site("one.apps.test")]);
  const before = config();
  const ending = await apply([site("other.apps.test", { https: "acme" })], { ...acme.settings, roots: "no certificate" });
  expect(ending).toMatchObject({
    outcome: "failed",
    error: { code: "PROXY_REFUSED", message: expect.stringContaining("goes on serving as before") },
  });
  expect(config()).toBe(before);
  expect(await status("one.apps.test")).toBe(200);
  expect(await status("other.apps.test")).toBe(404);
});

test("an app that is made anew, has more containers, or is gone, is followed without an order", async () => {
  await apply([site("one.apps.test")]);
  const stop = new AbortController();
  const warn = vi.fn();
  keepProxy({ machine, inLane: (_, task) => task(), warn, signal: stop.signal });
  await world.deploy("px-a", 2, app("again"));
  await vi.waitFor(async () => expect(await status("one.apps.test")).toBe(200), { timeout: 30_000 });
  await world.deploy("px-a", 3, app("more", "    scale: 2\n"));
  await vi.waitFor(() => expect(config()).toContain("appos-px-a-web-2.appos-px-a_default:8080"), { timeout: 30_000 });
  docker("rm", "-f", PROXY);
  // Nothing says so: it is looked at every half minute, and when an app changes.
  await world.run("restart-app", { name: "px-a" });
  await vi.waitFor(async () => expect(await status("one.apps.test")).toBe(200), { timeout: 30_000 });
  await world.run("remove-app", { name: "px-a", volumes: "delete" });
  await vi.waitFor(async () => expect(await status("one.apps.test")).toBe(503), { timeout: 30_000 });
  stop.abort();
  expect(warn).not.toHaveBeenCalled();
  await world.deploy("px-a", 4, app("back"));
});

test("who is seen only as Docker's own address is from none of the networks that may visit", async () => {
  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")!.address;
  const from = async (host: string) =>
    (await machine.visit({ name: "one.apps.test", path: "/", https: false, port: PORTS.http, host })).status;
  await apply([]);
  const access = (...networks: string[]) => [site("one.apps.test", { access: { users: [], networks } })];
  expect(await apply(access("0.0.0.0/0", "::/0"))).toMatchObject({ outcome: "succeeded" });
  // Not as it came, but forwarded by Docker: as is all of IPv6 where its network has none.
  expect([await from("127.0.0.1"), await from("::1"), await from(own)]).toEqual([403, 403, 200]);
  await apply(access(own));
  expect(await from(own)).toBe(200);
  await apply(access("203.0.113.7"));
  expect(await from(own)).toBe(403);
});

test("a port that somebody has is named, with who has it; and without domains the ports are free", async () => {
  await apply([site("one.apps.test")]);
  expect(await apply([])).toMatchObject({ outcome: "succeeded", sites: [] });
  expect(await status("one.apps.test")).toBeNull();
  const holder = createServer().listen(PORTS.http);
  try {
    const ending = await apply([site("one.apps.test")]);
    expect(ending).toMatchObject({
      outcome: "failed",
      error: {
        code: "PORT_TAKEN",
        message: expect.stringMatching(/^Port 18080 is already taken by the program .* \(process \d+\), and the proxy needs it/),
      },
    });
  } finally {
    holder.close();
  }
  expect(await apply([site("one.apps.test")])).toMatchObject({ outcome: "succeeded", sites: [{ status: 200 }] });
});
