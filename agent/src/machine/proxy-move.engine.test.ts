import { execFileSync, spawn } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keepProxy } from "../proxy/keeper.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { acmeAuthority, CADDY, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_530, https: 18_531 };
const PROJECT = `appos_proxy_${PORTS.http}`;
const world = engineWorld({ proxy: { ...PORTS, images: { caddy: CADDY, nginx: NGINX, traefik: "" } } });
const { machine } = world;
let acme: Awaited<ReturnType<typeof acmeAuthority>>;

/** Where visitors are: elsewhere, with one way to this server. */
const elsewhere = { name: "appos-mv", device: "apomv", near: "10.94.0.1", far: "10.94.0.2" };
const sh = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: "utf8", stdio: "pipe" });
/** Goes also after a run that was killed: with two ways to one address, answers are lost. */
const leaveElsewhere = () => sh("sh", "-c", `ip netns del ${elsewhere.name}; ip link del ${elsewhere.device}; true`);
const docker = (...args: string[]) => sh("docker", ...args);

const NAMES = Array.from({ length: 50 }, (_, i) => `m${i}.apps.test`);
const ECHO = "echo.apps.test";
const app = `services:
  web:
    image: ${BUSYBOX}
    stop_grace_period: 0s
    command:
      - /bin/sh
      - -c
      - |
        mkdir -p /tmp/www; echo hello > /tmp/www/index.html
        echo 'while read -r l; do [ "$\${#l}" -le 1 ] && break; done; printf "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n"; exec cat' > /tmp/echo.sh
        nc -ll -p 8081 -e /bin/sh /tmp/echo.sh &
        exec httpd -f -p 8080 -h /tmp/www`;
const site = (name: string, https: string, port: number) => ({ name, https, routes: [{ path: "/", app: "mv-a", service: "web", port }] });
const sites = [...NAMES.map((name) => site(name, "acme", 8080)), site(ECHO, "off", 8081)];
const apply = (driver: string, asked: object[] = sites) => world.run("apply-sites", { driver, acme: acme.settings, sites: asked });

const listener = globalThis as { apposFailpoint?: ((name: string) => void) | undefined };
beforeAll(async () => {
  const { name, device, near, far } = elsewhere;
  const inside = (...args: string[]) => sh("ip", "netns", "exec", name, "ip", ...args);
  leaveElsewhere();
  sh("ip", "netns", "add", name);
  sh("ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", name);
  sh("ip", "addr", "add", `${near}/30`, "dev", device);
  sh("ip", "link", "set", device, "up");
  inside("addr", "add", `${far}/30`, "dev", "eth0");
  for (const link of ["lo", "eth0"]) inside("link", "set", link, "up");
  acme = await acmeAuthority({ port: 18_535, httpPort: PORTS.http });
  await world.deploy("mv-a", 1, app);
}, 60_000);
afterAll(async () => {
  await apply("caddy", []);
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  await world.end();
  acme.end();
  leaveElsewhere();
}, 60_000);

const at = (name: string) => machine.visit({ name, path: "/", https: true, port: PORTS.https });
const certificates = async () => (await Promise.all(NAMES.map(at))).map(({ certificate }) => certificate);
const running = () => docker("ps", "--filter", `name=${PROJECT}`, "--format", "{{.Image}}").trim();

/** What visitors were answered while something was done. */
async function whileVisited(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const args = [join(import.meta.dirname, "visitors.ts"), elsewhere.near, `${PORTS.http}`, `${PORTS.https}`, NAMES.join(",")];
  const program = spawn("ip", ["netns", "exec", elsewhere.name, process.execPath, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  program.stdout.on("data", (part) => (said += part));
  const ended = new Promise((resolve) => program.once("exit", resolve));
  await sleep(1_000);
  try {
    await act();
    await sleep(500);
  } finally {
    program.kill("SIGTERM");
    await ended;
  }
  return JSON.parse(said) as Record<string, number>;
}

/** Says something over what stays open, and hears the same. */
function openEcho() {
  const socket = connect(PORTS.http, "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8").on("data", (part: string) => (heard += part));
  socket.on("error", () => undefined);
  socket.write(`GET / HTTP/1.1\r\nHost: ${ECHO}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  return {
    async says(word: string) {
      socket.write(`${word}\n`);
      await vi.waitFor(() => expect(heard).toContain(word), { timeout: 5_000, interval: 20 });
    },
    end: () => void socket.destroy(),
  };
}

test("fifty domains go from nginx to Caddy and back: nobody is turned away, and certificates stay", async () => {
  expect(await apply("nginx")).toMatchObject({ outcome: "succeeded" });
  const stop = new AbortController();
  keepProxy({ machine, inLane: (_, task) => task(), warn: () => {}, signal: stop.signal });
  await vi.waitFor(async () => expect((await certificates()).every((each) => each !== null)).toBe(true), {
    timeout: 60_000,
    interval: 500,
  });
  stop.abort();
  const had = await certificates();
  const seen = await whileVisited(async () => {
    for (const [driver, image] of [["caddy", CADDY] as const, ["nginx", NGINX] as const]) {
      const echo = openEcho();
      await echo.says("before");
      const stands = new Promise<void>((resolve) => {
        listener.apposFailpoint = (name) => name === "agent: another proxy stands in" && resolve();
      });
      const change = apply(driver);
      await Promise.race([stands, change]);
      // It may end what it does.
      await sleep(500);
      await echo.says("meanwhile");
      echo.end();
      expect(await change).toMatchObject({ outcome: "succeeded" });
      expect(running()).toBe(image);
      expect(await certificates()).toEqual(had);
    }
  });
  expect(Object.keys(seen).filter((outcome) => !["200", "308"].includes(outcome))).toEqual([]);
  expect(seen["200"]).toBeGreaterThan(100);
  expect(sh("iptables", "-w", "-t", "nat", "-S")).not.toContain(`APPOS-PROXY-${PORTS.http}`);
});
