import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { CADDY, NGINX } from "./proxy-world.ts";

// A machine beside this one: a network of two, with a web server at the other end of it.

const [SPACE, HERE, THERE] = ["appos-test-nas", "apposnas0", "apposnas1"];
const [OWN, NAS, PORT] = ["10.213.77.1", "10.213.77.2", 8080];
const PORTS = { http: 18_694, https: 18_695 };
const PROJECT = `appos_proxy_${PORTS.http}`;
const world = engineWorld({ proxy: { ...PORTS, images: { caddy: CADDY, nginx: NGINX, traefik: "" } } });
const { machine } = world;
const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: "utf8", stdio: "pipe" });
const docker = (...args: string[]) => run("docker", ...args);
const inside = (...args: string[]) => run("ip", "netns", "exec", SPACE, "ip", ...args);
function takeAway() {
  for (const args of [
    ["netns", "del", SPACE],
    ["link", "del", HERE],
  ])
    try {
      run("ip", ...args);
    } catch {
      // It was not there.
    }
}
let nas: ReturnType<typeof spawn>;

beforeAll(async () => {
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  takeAway();
  run("ip", "netns", "add", SPACE);
  run("ip", "link", "add", HERE, "type", "veth", "peer", "name", THERE, "netns", SPACE);
  run("ip", "addr", "add", `${OWN}/30`, "dev", HERE);
  run("ip", "link", "set", HERE, "up");
  inside("addr", "add", `${NAS}/30`, "dev", THERE);
  inside("link", "set", THERE, "up");
  inside("route", "add", "default", "via", OWN);
  const says = `require("node:http").createServer((q, a) => a.end("nas " + q.headers.host + " " + q.headers["x-forwarded-proto"])).listen(${PORT}, () => console.log("up"))`;
  nas = spawn("ip", ["netns", "exec", SPACE, process.execPath, "-e", says], { stdio: ["ignore", "pipe", "inherit"] });
  await once(nas.stdout!, "data");
  await world.deploy("ad-app", 1, `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["sleep", "1000"]\n    stop_grace_period: 0s\n`);
}, 60_000);
afterAll(async () => {
  await apply("caddy", []);
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  nas.kill();
  takeAway();
  await world.end();
}, 60_000);

const leads = (name: string, host: string, port = PORT, https = "internal") => ({
  name,
  https,
  forceHttps: false,
  address: { host, port },
  routes: [],
});
/** No authority is there: who asked one would fail. */
const acme = { directory: "https://127.0.0.1:9/dir" };
const apply = (driver: string, sites: object[]) => world.run("apply-sites", { driver, acme, sites });
const got = (url: string, port: number) =>
  run("curl", "--insecure", "--silent", "--max-time", "10", "--connect-to", `${new URL(url).hostname}::127.0.0.1:${port}`, url);

test.each(["caddy", "nginx"])("with %s a name leads to a machine in the server's network", async (driver) => {
  const ending = await apply(driver, [leads("nas.lan", NAS)]);
  expect(ending).toMatchObject({
    outcome: "succeeded",
    result: { sites: [{ name: "nas.lan", status: 200, certificate: { names: ["nas.lan"] } }] },
  });
  expect(got("http://nas.lan/", PORTS.http)).toBe("nas nas.lan http");
  expect(got("https://nas.lan/", PORTS.https)).toBe("nas nas.lan https");
});

test("nothing leads to this server, to Docker's networks, or to what is of the machine alone, and what serves goes on", async () => {
  await apply("caddy", [leads("nas.lan", NAS)]);
  const ips = docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}} {{end}}", "appos-ad-app-web-1")
    .trim()
    .split(/\s+/);
  expect(ips).toHaveLength(2);
  const bridge = docker("network", "inspect", "-f", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", "bridge").trim();
  for (const address of [...ips, bridge, OWN]) {
    const ending = await apply("caddy", [leads("nas.lan", NAS), leads("other.lan", address, 2375, "off")]);
    expect(ending, address).toMatchObject({
      outcome: "failed",
      error: { code: "TARGET_REFUSED", message: expect.stringContaining(address) },
    });
  }
  // The order itself is none where the address is one that no server has.
  for (const address of ["127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "localhost"])
    expect(await apply("caddy", [leads("other.lan", address)]), address).toMatchObject({ outcome: "failed" });
  expect(got("http://nas.lan/", PORTS.http)).toBe("nas nas.lan http");
  expect((await machine.visit({ name: "other.lan", path: "/", https: false, port: PORTS.http })).status).toBe(404);
});
