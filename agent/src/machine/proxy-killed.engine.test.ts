import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keepProxy } from "../proxy/keeper.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { CADDY, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_540, https: 18_541 };
const PROJECT = `appos_proxy_${PORTS.http}`;
const proxy = { ...PORTS, images: { caddy: CADDY, nginx: NGINX, traefik: "" } };
const world = engineWorld({ proxy });
const { machine } = world;
const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
const app = `services: {web: {image: "${BUSYBOX}", stop_grace_period: 0s, command: [sh, -c, "mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]}}`;
const site = (name: string, https = "off") => ({ name, https, routes: [{ path: "/", app: "pk-a", service: "web", port: 8080 }] });
const before = [site("a.test"), site("b.lan", "internal")];
const modelOf = (driver: string, sites: object[]) => ({ driver, acme: { directory: "https://127.0.0.1:9/dir" }, sites });

beforeAll(async () => {
  await world.deploy("pk-a", 1, app);
}, 60_000);
afterAll(async () => {
  await world.run("apply-sites", modelOf("caddy", []));
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  await world.end();
}, 60_000);

/** By the address that others know this server by. */
const host = machine.addresses().find((address) => !address.includes(":"))!;
const statuses = () =>
  Promise.all(
    before.map(async ({ name, https }) => {
      const secure = https === "internal";
      return (await machine.visit({ name, path: "/", https: secure, host, port: secure ? PORTS.https : PORTS.http })).status;
    }),
  );

const checks: Record<string, string[]> = {
  "config.json": [CADDY, "caddy", "validate", "--config", "/etc/appos-proxy/config.json"],
  "nginx.conf": [NGINX, "nginx", "-t", "-q", "-e", "stderr", "-c", "/etc/appos-proxy/nginx.conf"],
};
/** What is said by the checker of each proxy that does not take its file. */
const complaints = () => {
  const shared = join(machine.folder, "proxy/config");
  return Object.entries(checks).flatMap(([file, [image, ...command]]) => {
    if (!existsSync(join(shared, file))) return [];
    const mounts = ["--volume", `${shared}:/etc/appos-proxy:ro`, "--tmpfs", "/tmp/nginx", "--tmpfs", "/run"];
    const { status, stderr } = spawnSync("docker", [
      "run",
      "--rm",
      "--network=none",
      ...mounts,
      "--entrypoint",
      command[0]!,
      image!,
      ...command.slice(1),
    ]);
    return status === 0 ? [] : [`${file}: ${String(stderr)}`];
  });
};

function killedAt(moment: string, model: object) {
  const order = JSON.stringify({ dir: machine.folder, proxy, model, moment: `agent: ${moment}` });
  return spawnSync(process.execPath, [join(import.meta.dirname, "apply-and-die.ts"), order], { encoding: "utf8" });
}

/** What is there when the agent has come back, and has had a while. */
async function mended(image: string) {
  const stop = new AbortController();
  let looks = 0;
  const inLane = async <T>(_: string, task: () => Promise<T>) => {
    const result = await task();
    looks += 1;
    return result;
  };
  keepProxy({ machine, inLane, warn: () => {}, signal: stop.signal });
  await vi.waitFor(() => expect(looks).toBeGreaterThan(0), { timeout: 30_000, interval: 100 });
  const running = () => docker("ps", "--all", "--filter", `name=^${PROJECT}`, "--format", "{{.Image}} {{.State}}").trim();
  await vi.waitFor(() => expect(running()).toBe(`${image} running`), { timeout: 20_000, interval: 200 });
  await vi.waitFor(async () => expect(await statuses()).toEqual([200, 200]), { timeout: 20_000, interval: 200 });
  stop.abort();
  expect(execFileSync("iptables", ["-w", "-t", "nat", "-S"], { encoding: "utf8" })).not.toContain(`APPOS-PROXY-${PORTS.http}`);
}

test.each([
  ["caddy", "the next proxy configuration is written"],
  ["caddy", "the proxy configuration is in its place"],
  ["nginx", "the proxy configuration is in its place"],
  ["nginx", "the proxy has reloaded"],
])("%s, killed when %s: what is on disk is taken by its checker, and the sites are served", async (driver, moment) => {
  expect(await world.run("apply-sites", modelOf(driver, before))).toMatchObject({ outcome: "succeeded" });
  expect(killedAt(moment, modelOf(driver, [...before, site("c.test")])).signal).toBe("SIGKILL");
  expect(await statuses()).toEqual([200, 200]);
  expect(complaints()).toEqual([]);
  await mended(driver === "caddy" ? CADDY : NGINX);
});

test.each([
  ["caddy", "nginx", "another proxy can stand in"],
  ["nginx", "caddy", "another proxy stands in"],
  ["caddy", "nginx", "the former proxy has ended"],
  ["nginx", "caddy", "start is done"],
  ["caddy", "nginx", "apply is done"],
  ["nginx", "caddy", "nobody is led to who stood in"],
])("killed while %s hands over to %s, when %s: the sites are served then and afterwards", async (former, next, moment) => {
  expect(await world.run("apply-sites", modelOf(former, before))).toMatchObject({ outcome: "succeeded" });
  expect(killedAt(moment, modelOf(next, before)).signal).toBe("SIGKILL");
  expect(await statuses()).toEqual([200, 200]);
  expect(complaints()).toEqual([]);
  const isMade = moment === "nobody is led to who stood in";
  await mended((isMade ? next : former) === "caddy" ? CADDY : NGINX);
});
