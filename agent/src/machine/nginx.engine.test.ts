import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { SiteState } from "@appos/shared/sites";
import { keepProxy } from "../proxy/keeper.ts";
import { siteStates } from "../proxy/states.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { acmeAuthority, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_500, https: 18_543 };
const PROXY = `appos_proxy_${PORTS.http}-proxy-1`;
const world = engineWorld({ proxy: { ...PORTS, images: { caddy: "", nginx: NGINX, traefik: "" } } });
const { machine } = world;
let acme: Awaited<ReturnType<typeof acmeAuthority>>;

beforeAll(async () => {
  acme = await acmeAuthority({ port: 18_510, httpPort: PORTS.http });
  await world.deploy("ng-a", 1, app("hello"));
}, 60_000);
afterAll(async () => {
  await apply([]);
  await world.end();
  acme.end();
}, 60_000);

const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
const app = (words: string, more = "") =>
  `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "mkdir -p /tmp/www; echo ${words} > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]\n    stop_grace_period: 0s\n${more}`;
const toWeb = { app: "ng-a", service: "web", port: 8080 };
const site = (name: string, more: object = {}) => ({
  name,
  https: "off",
  forceHttps: true,
  alias: null,
  routes: [{ path: "/", ...toWeb }],
  ...more,
});
const apply = async (sites: object[], authority: object = acme.settings) => {
  const ending = await inTurn(() => world.run("apply-sites", { driver: "nginx", acme: authority, sites }));
  return { ...ending, sites: (ending.result as { sites: SiteState[] } | undefined)?.sites };
};
const status = async (name: string, https = false, path = "/") =>
  (await machine.visit({ name, path, https, port: https ? PORTS.https : PORTS.http })).status;
const config = () => readFileSync(join(machine.folder, "proxy/config/nginx.conf"), "utf8");

let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(task: () => Promise<T>): Promise<T> {
  const done = turn.then(task);
  turn = done.catch(() => undefined);
  return done;
}

/** What goes on by itself while a test runs. */
async function keeping<T>(test: (certificates: { changed(): void }) => Promise<T>, on = machine): Promise<T> {
  const stop = new AbortController();
  const warn = vi.fn();
  try {
    return await test(keepProxy({ machine: on, inLane: (_, task) => inTurn(task), warn, signal: stop.signal }));
  } finally {
    stop.abort();
    await turn;
    expect(warn).not.toHaveBeenCalled();
  }
}

test("a domain is served by an app; other names and other paths by nobody", async () => {
  expect(await apply([site("one.apps.test", { routes: [{ path: "/in", ...toWeb }] })])).toMatchObject({
    outcome: "succeeded",
    sites: [{ name: "one.apps.test", certificate: null, certificateProblem: null, status: 404 }],
  });
  expect(await status("one.apps.test", false, "/inner")).toBe(404);
  expect(await apply([site("one.apps.test"), site("two.apps.test")])).toMatchObject({
    outcome: "succeeded",
    sites: [{ status: 200 }, { status: 200 }],
  });
  expect(await status("three.apps.test")).toBe(404);
  expect(await status("one.apps.test", false, "/nothing")).toBe(404);
});

test("a certificate comes by itself; where none does, what the authority says is told", async () => {
  const sites = [site("a.apps.test", { https: "acme", alias: "www.a.apps.test" }), site("nowhere.test", { https: "acme" })];
  expect(await apply(sites)).toMatchObject({ outcome: "succeeded" });
  expect(await status("a.apps.test")).toBe(200);
  await keeping(async () => {
    await vi.waitFor(
      async () =>
        expect(await siteStates(machine)).toMatchObject([
          { status: 200, certificate: { issuer: expect.stringContaining("Pebble"), names: ["a.apps.test"] }, certificateProblem: null },
          { status: null, certificate: null, certificateProblem: expect.stringContaining("nowhere.test") },
        ]),
      { timeout: 30_000, interval: 300 },
    );
    await vi.waitFor(async () => expect(await status("www.a.apps.test", true)).toBe(308), { timeout: 30_000 });
  });
  expect(await status("a.apps.test")).toBe(308);
  expect(await status("nowhere.test")).toBe(200);
  expect(docker("exec", PROXY, "nginx", "-T", "-q", "-c", "/etc/appos-proxy/nginx.conf")).toContain("ssl_certificate");
});

const kept = (name: string) => join(machine.folder, "proxy/config/certificates", name);
const pems = (name: string) => readdirSync(kept(name)).filter((file) => file.endsWith(".pem"));
const secured = site("a.apps.test", { https: "acme" });
const issued = async (name: string) => (await machine.visit({ name, path: "/", https: true, port: PORTS.https })).certificate?.notBefore;

test("keys are for root alone, and stay in the folder of their name", () => {
  const [file] = pems("a.apps.test");
  expect(statSync(join(kept("a.apps.test"), file!)).mode & 0o777).toBe(0o600);
  expect(statSync(kept("a.apps.test")).mode & 0o777).toBe(0o700);
  expect(docker("exec", PROXY, "nginx", "-v")).toBe("");
});

test("a certificate is renewed in time without an order, and the old one goes", async () => {
  await apply([secured]);
  const [before] = pems("a.apps.test");
  const { notAfter } = (await machine.visit({ name: "a.apps.test", path: "/", https: true, port: PORTS.https })).certificate!;
  const later = { ...machine, now: () => notAfter - 24 * 3_600_000 };
  // Until then nothing is asked for.
  await keeping(async ({ changed }) => {
    changed();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  });
  expect(pems("a.apps.test")).toEqual([before]);
  await keeping(async () => {
    await vi.waitFor(() => expect(config()).not.toContain(before), { timeout: 20_000, interval: 200 });
    await vi.waitFor(() => expect(pems("a.apps.test")).not.toContain(before), { timeout: 20_000, interval: 200 });
  }, later);
  expect(await issued("a.apps.test")).toBeDefined();
  expect(await status("a.apps.test", true)).toBe(200);
});

test("what the proxy does not take changes nothing", async () => {
  await apply([secured]);
  const before = config();
  const file = "certificates/bad.apps.test/0.pem";
  await machine.files.write({
    [join(machine.folder, "proxy/config", file)]: "no certificate",
    [join(kept("bad.apps.test"), "kept.json")]: JSON.stringify({
      certificate: { file, notBefore: Date.now(), notAfter: Date.now() + 1e9, directory: acme.settings.directory },
      tried: null,
    }),
  });
  const ending = await apply([secured, site("bad.apps.test", { https: "acme" })]);
  expect(ending).toMatchObject({
    outcome: "failed",
    error: {
      code: "PROXY_REFUSED",
      message: expect.stringMatching(/goes on serving as before\. It said: .*bad\.apps\.test/),
    },
  });
  expect(config()).toBe(before);
  expect(await status("a.apps.test", true)).toBe(200);
});

test("killed at any moment, the file that nginx would start by is one that it takes", async () => {
  const listener = globalThis as { apposFailpoint?: ((name: string) => void) | undefined };
  const passed = new Set<string>();
  listener.apposFailpoint = (name) => {
    passed.add(name);
    docker("exec", PROXY, "nginx", "-t", "-q", "-c", "/etc/appos-proxy/nginx.conf");
  };
  try {
    await keeping(async ({ changed }) => {
      await apply([secured, site("k.apps.test", { https: "acme" })]);
      changed();
      await vi.waitFor(async () => expect(await status("k.apps.test", true)).toBe(200), { timeout: 20_000, interval: 200 });
    });
  } finally {
    listener.apposFailpoint = undefined;
  }
  expect([...passed]).toEqual(
    expect.arrayContaining([
      "agent: a certificate is here",
      "agent: the proxy configuration is in its place",
      "agent: the proxy has reloaded",
    ]),
  );
});

test("what an agent that was killed has left in its place, and not loaded, is loaded", async () => {
  await apply([secured]);
  const good = join(machine.folder, "proxy/good-nginx.conf");
  writeFileSync(good, "another");
  await keeping(() => vi.waitFor(() => expect(readFileSync(good, "utf8")).toBe(config()), { timeout: 10_000, interval: 200 }));
});

test("an app that is made anew, has more containers, or is gone, is followed without an order", async () => {
  await apply([site("one.apps.test")]);
  await keeping(async () => {
    await world.deploy("ng-a", 2, app("again"));
    await vi.waitFor(async () => expect(await status("one.apps.test")).toBe(200), { timeout: 30_000 });
    await world.deploy("ng-a", 3, app("more", "    scale: 2\n"));
    await vi.waitFor(() => expect(config()).toContain("appos-ng-a-web-2.appos-ng-a_default:8080"), { timeout: 30_000 });
    docker("rm", "-f", PROXY);
    await world.run("restart-app", { name: "ng-a" });
    await vi.waitFor(async () => expect(await status("one.apps.test")).toBe(200), { timeout: 30_000 });
    docker("stop", "-t", "0", (await world.containers("ng-a"))[0]!.container);
    await vi.waitFor(async () => expect(await status("one.apps.test")).toBe(200), { timeout: 30_000 });
    await world.run("remove-app", { name: "ng-a", volumes: "delete" });
    await vi.waitFor(async () => expect(await status("one.apps.test")).toBe(503), { timeout: 30_000 });
  });
  await world.deploy("ng-a", 4, app("back"));
});

test("a service whose name has capitals is found too", async () => {
  await world.deploy("ng-b", 1, app("capitals").replace("  web:", "  Web:"));
  await apply([site("b.apps.test", { routes: [{ path: "/", app: "ng-b", service: "Web", port: 8080 }] })]);
  await keeping(async () => {
    expect(await status("b.apps.test")).toBe(200);
    await world.deploy("ng-b", 2, app("again").replace("  web:", "  Web:"));
    await vi.waitFor(async () => expect(await status("b.apps.test")).toBe(200), { timeout: 30_000 });
  });
});

test("an answer that nginx does not take up is told with its reason, and the one before is back", async () => {
  await apply([site("one.apps.test")]);
  const before = config();
  // Checked while it is whole; nobody can read it once it is to be served by.
  const listener = globalThis as { apposFailpoint?: ((name: string) => void) | undefined };
  listener.apposFailpoint = (name) => {
    if (name === "agent: the proxy configuration is in its place")
      writeFileSync(join(kept("a.apps.test"), pems("a.apps.test")[0]!), "torn");
  };
  try {
    expect(await apply([secured])).toMatchObject({
      outcome: "failed",
      error: { code: "PROXY_REFUSED", message: expect.stringContaining("the one before is back. It said:") },
    });
  } finally {
    listener.apposFailpoint = undefined;
  }
  expect(config()).toBe(before);
  expect(await status("one.apps.test")).toBe(200);
});
