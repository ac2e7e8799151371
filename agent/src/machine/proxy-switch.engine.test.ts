import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { SiteState } from "@appos/shared/sites";
import { keepProxy } from "../proxy/keeper.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { acmeAuthority, CADDY, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_520, https: 18_521 };
const PROJECT = `appos_proxy_${PORTS.http}`;
const images = { caddy: CADDY, nginx: NGINX, traefik: "" };
const world = engineWorld({ proxy: { ...PORTS, images } });
const { machine } = world;
let acme: Awaited<ReturnType<typeof acmeAuthority>>;

const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
const compose = `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]\n    stop_grace_period: 0s\n`;
beforeAll(async () => {
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  acme = await acmeAuthority({ port: 18_525, httpPort: PORTS.http });
  await world.deploy("sw-a", 1, compose);
}, 60_000);
afterAll(async () => {
  await apply("caddy", []);
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  await world.end();
  acme.end();
}, 60_000);

const site = (name: string, https: string) => ({
  name,
  https,
  forceHttps: true,
  alias: null,
  routes: [{ path: "/", app: "sw-a", service: "web", port: 8080 }],
});
const sites = [site("a.apps.test", "acme"), site("b.apps.test", "off")];
async function apply(driver: string, asked: object[] = sites) {
  const ending = await world.run("apply-sites", { driver, acme: acme.settings, sites: asked });
  return { ...ending, sites: (ending.result as { sites: SiteState[] } | undefined)?.sites };
}
const visit = (name: string, https: boolean) => machine.visit({ name, path: "/", https, port: https ? PORTS.https : PORTS.http });
const running = () => docker("ps", "--filter", `label=com.docker.compose.project=${PROJECT}`, "--format", "{{.Image}}").trim();

/** The longest time between two visitors who were answered, while something was done. */
async function gapOf(act: () => Promise<unknown>): Promise<number> {
  const [came, visits]: [number[], Promise<void>[]] = [[], []];
  const coming = setInterval(() => {
    const at = performance.now();
    visits.push(visit("b.apps.test", false).then(({ status }) => void (status === 200 && came.push(at))));
  }, 25);
  await act();
  await sleep(100);
  clearInterval(coming);
  await Promise.all(visits);
  const times = [...came, performance.now()].toSorted((a, b) => a - b);
  return Math.max(...times.slice(1).map((at, i) => at - times[i]!));
}

test("a server goes from Caddy to nginx and back: with its certificates, and hardly a gap", async () => {
  await apply("caddy");
  await vi.waitFor(async () => expect((await visit("a.apps.test", true)).status).toBe(200), { timeout: 20_000, interval: 300 });
  const { certificate } = await visit("a.apps.test", true);
  const gap = await gapOf(async () => expect(await apply("nginx")).toMatchObject({ outcome: "succeeded" }));
  expect(running()).toBe(NGINX);
  expect(await visit("a.apps.test", true)).toEqual({ status: 200, certificate });
  expect((await visit("a.apps.test", false)).status).toBe(308);
  // Caddy has what it had; and even where that is gone, what nginx had.
  const back = await gapOf(async () => expect(await apply("caddy")).toMatchObject({ outcome: "succeeded" }));
  expect(running()).toBe(CADDY);
  expect((await visit("a.apps.test", true)).status).toBe(200);
  // Half a second on a machine that has nothing else to do.
  expect(Math.max(gap, back)).toBeLessThan(4_000);
});

test("who is new on a server with nginx has certificates at once with Caddy too", async () => {
  await apply("nginx");
  const { certificate } = await visit("a.apps.test", true);
  await apply("nginx", []);
  docker("volume", "rm", `${PROJECT}_data`);
  await apply("nginx");
  await apply("caddy");
  expect(await visit("a.apps.test", true)).toMatchObject({ status: 200, certificate: { issuer: certificate!.issuer } });
});

test("where the other proxy does not start, or does not take what it is to serve, the one that serves goes on", async () => {
  await apply("caddy");
  machine.proxy.images.nginx = BUSYBOX;
  const gap = await gapOf(async () => expect(await apply("nginx")).toMatchObject({ outcome: "failed" }));
  expect(gap).toBeLessThan(1_000);
  expect(running()).toBe(CADDY);
  machine.proxy.images.nginx = NGINX;
  expect(await apply("caddy")).toMatchObject({ outcome: "succeeded" });
});

test("where it takes over and cannot serve, the former one is started again", async () => {
  await apply("caddy");
  const listener = globalThis as { apposFailpoint?: ((name: string) => void) | undefined };
  listener.apposFailpoint = (name) => {
    if (name === "agent: start begins") writeFileSync(join(machine.folder, "proxy/config/nginx.conf"), "torn");
  };
  try {
    expect(await apply("nginx")).toMatchObject({ outcome: "failed" });
  } finally {
    listener.apposFailpoint = undefined;
  }
  expect(running()).toBe(CADDY);
  expect((await visit("a.apps.test", true)).status).toBe(200);
  expect((await visit("b.apps.test", false)).status).toBe(200);
  expect(docker("ps", "--all", "--filter", `label=com.docker.compose.project=${PROJECT}_trial`, "--quiet")).toBe("");
});

test("who is killed while one takes over leaves what the next one puts right", async () => {
  await apply("nginx");
  // As it is when the other one runs already, and nobody has written that down.
  const model = join(machine.folder, "proxy/model.json");
  writeFileSync(model, readFileSync(model, "utf8").replace('"nginx"', '"caddy"'));
  const stop = new AbortController();
  keepProxy({ machine, inLane: (_, task) => task(), warn: () => {}, signal: stop.signal });
  await vi.waitFor(async () => expect(running()).toBe(CADDY), { timeout: 20_000, interval: 300 });
  await vi.waitFor(async () => expect((await visit("a.apps.test", true)).status).toBe(200), { timeout: 20_000, interval: 300 });
  stop.abort();
});
