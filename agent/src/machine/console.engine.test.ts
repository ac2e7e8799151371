import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CONSOLE_SOCKET, type ProxyDriver } from "@appos/shared/sites";
import { WebSocket, WebSocketServer } from "ws";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { acmeAuthority, CADDY, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_660, https: 18_661 };
const PROJECT = `appos_proxy_${PORTS.http}`;
const NAME = "appos.apps.test";
const world = engineWorld({ proxy: { ...PORTS, images: { caddy: CADDY, nginx: NGINX, traefik: "" } } });
const { machine } = world;
let acme: Awaited<ReturnType<typeof acmeAuthority>>;
let control: Server;

const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
const compose = `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]\n    stop_grace_period: 0s\n`;
beforeAll(async () => {
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  acme = await acmeAuthority({ port: 18_665, httpPort: PORTS.http });
  await world.deploy("cs-a", 1, compose);
  control = await controlPlane();
}, 60_000);
afterAll(async () => {
  machine.reachesControlPlane = async () => false;
  await apply("caddy", []);
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  control.closeAllConnections();
  control.close();
  await world.end();
  acme.end();
}, 60_000);

/** Where the proxy looks for it: says what it was asked with, and says on a websocket what is said there. */
async function controlPlane(): Promise<Server> {
  const folder = join(machine.folder, CONSOLE_SOCKET.folder);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  rmSync(join(folder, CONSOLE_SOCKET.name), { force: true });
  const server = createServer(({ headers, url }, reply) => void reply.end(JSON.stringify({ ...headers, url })));
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.on("message", (said) => socket.send(String(said))));
  await new Promise<void>((done) => server.listen({ path: join(folder, CONSOLE_SOCKET.name), readableAll: true, writableAll: true }, done));
  return server;
}

const own = { name: NAME, https: "acme", console: true, routes: [] };
const site = (name: string) => ({ name, https: "off", routes: [{ path: "/", app: "cs-a", service: "web", port: 8080 }] });
const apply = (driver: ProxyDriver, sites: object[]) => world.run("apply-sites", { driver, acme: acme.settings, sites });
const place = { host: "127.0.0.1", port: PORTS.https, servername: NAME, rejectUnauthorized: false };
const status = async (name: string, https = false) =>
  (await machine.visit({ name, path: "/", https, port: https ? PORTS.https : PORTS.http })).status;

/** What the control plane was asked with, by somebody who says that they are somebody else. */
const asked = () =>
  new Promise<IncomingHttpHeaders & { url: string }>((resolve, reject) => {
    const lies = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "http", "x-forwarded-host": "evil.test" };
    const sent = request({ ...place, path: "/a?b=c", agent: false, headers: { host: NAME, ...lies } }, (reply) => {
      let text = "";
      reply.on("data", (part) => (text += String(part))).on("end", () => resolve(JSON.parse(text)));
    });
    sent.on("error", reject).end();
  });

const echo = (words: string) =>
  new Promise<string>((resolve, reject) => {
    const options = { servername: NAME, rejectUnauthorized: false, headers: { host: NAME } };
    const socket = new WebSocket(`wss://127.0.0.1:${PORTS.https}/live`, options);
    socket.on("open", () => socket.send(words)).on("error", reject);
    socket.on("message", (said) => (resolve(String(said)), socket.terminate()));
  });

test.each(["caddy", "nginx"] as const)(
  "%s leads to the console: with what it knows of its visitors, and whichever AppOS is there",
  async (driver) => {
    expect(await apply(driver, [own])).toMatchObject({ outcome: "succeeded" });
    await vi.waitFor(async () => expect(await status(NAME, true)).toBe(200), { timeout: 30_000, interval: 300 });
    const headers = await asked();
    expect(headers).toMatchObject({ host: NAME, url: "/a?b=c", "x-forwarded-proto": "https", "x-forwarded-host": NAME });
    expect(headers["x-forwarded-for"]).toMatch(/^(\d+\.){3}\d+$/);
    expect(headers["x-forwarded-for"]).not.toBe("203.0.113.7");
    expect(await echo("hello")).toBe("hello");
    expect(await status(NAME)).toBe(308);
    // An AppOS that starts anew listens at another socket of the same name.
    control.closeAllConnections();
    control.close();
    control = await controlPlane();
    expect((await asked()).host).toBe(NAME);
  },
  60_000,
);

test("nobody types a password there before it has its certificate", async () => {
  const other = { ...own, name: "nowhere.test" };
  await apply("nginx", [other]);
  expect(await status("nowhere.test")).toBe(503);
  await apply("nginx", [own]);
}, 60_000);

test("a change that takes the agent's own way to the control plane is undone by the server itself", async () => {
  const link = { name: "link.apps.test", https: false, path: "/", port: PORTS.http };
  machine.reachesControlPlane = async (limitMs) => (await machine.visit({ ...link, limitMs })).status === 200;
  expect(await apply("caddy", [own, site(link.name)])).toMatchObject({ outcome: "succeeded" });
  const began = performance.now();
  for (const [driver, sites] of [
    ["caddy", [own, site("other.apps.test")]],
    ["nginx", [own]],
  ] as const) {
    expect(await apply(driver, [...sites])).toMatchObject({
      outcome: "failed",
      error: { code: "PROXY_REFUSED", message: expect.stringContaining("was not reached from this server any more. It was undone") },
    });
    expect([await status(link.name), await status(NAME, true)]).toEqual([200, 200]);
  }
  expect(performance.now() - began).toBeLessThan(120_000);
  expect(docker("ps", "--filter", `label=com.docker.compose.project=${PROJECT}`, "--format", "{{.Image}}").trim()).toBe(CADDY);
}, 150_000);
