import { execFileSync } from "node:child_process";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { siteStates } from "../proxy/states.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { CADDY, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_690, https: 18_691 };
const PROJECT = `appos_proxy_${PORTS.http}`;
const world = engineWorld({ proxy: { ...PORTS, images: { caddy: CADDY, nginx: NGINX, traefik: "" } } });
const { machine } = world;
const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
/** It says which it is, with the name that it was asked by. */
const compose = (word: string) =>
  `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "mkdir -p /tmp/www/api; echo ${word} | tee /tmp/www/index.html > /tmp/www/api/index.html; exec httpd -f -p 8080 -h /tmp/www"]\n    stop_grace_period: 0s\n`;

beforeAll(async () => {
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  await world.deploy("wc-any", 1, compose("any"));
  await world.deploy("wc-own", 1, compose("own"));
}, 60_000);
afterAll(async () => {
  await apply("caddy", []);
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  await world.end();
}, 60_000);

const site = (name: string, app: string, more: object) => ({
  name,
  https: "internal",
  forceHttps: false,
  routes: [{ path: "/", app, service: "web", port: 8080 }],
  ...more,
});
const sites = [
  site("*.home.lan", "wc-any", { headers: [{ name: "X-Any", value: "yes" }] }),
  site("nas.home.lan", "wc-own", { routes: [{ path: "/api", app: "wc-own", service: "web", port: 8080 }] }),
  site("plain.home.lan", "wc-own", { https: "off" }),
  site("guarded.home.lan", "wc-any", { access: { users: [{ name: "ada", hash: `$2b$08$${"a".repeat(53)}` }], networks: [] } }),
];
/** No authority is there: who asked one would fail. */
const acme = { directory: "https://127.0.0.1:9/dir" };
const apply = (driver: string, asked: object[]) => world.run("apply-sites", { driver, acme, sites: asked });

/** What somebody gets who comes to the proxy for a name, whatever the DNS says. */
function got(url: string) {
  const { hostname, protocol } = new URL(url);
  const port = protocol === "https:" ? PORTS.https : PORTS.http;
  const to = ["--connect-to", `${hostname}::127.0.0.1:${port}`, "--insecure", "--silent", "--include", "--max-time", "10"];
  try {
    const text = execFileSync("curl", [...to, url], { encoding: "utf8", stdio: "pipe" });
    return { status: Number(/^HTTP\/\S+ (\d+)/.exec(text)![1]), isAny: /^x-any: yes/im.test(text), says: text.trim().split("\n").at(-1)! };
  } catch {
    return undefined;
  }
}
const trusted = (name: string, ca: string) =>
  new Promise<{ names: string; authorized: boolean }>((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: PORTS.https, servername: name, ca, rejectUnauthorized: false }, () => {
      resolve({ names: socket.getPeerCertificate().subjectaltname!, authorized: socket.authorized });
      socket.destroy();
    });
    socket.on("error", reject);
  });

test.each(["caddy", "nginx"])(
  "with %s a wildcard is one label, with a certificate for all of them, and never a name of its own",
  async (driver) => {
    const ending = await apply(driver, sites);
    expect(ending).toMatchObject({ outcome: "succeeded" });
    const { authority } = ending.result as { authority: string };
    for (const scheme of ["http", "https"]) {
      for (const name of ["a.home.lan", "x-1.home.lan", "A.Home.LAN"])
        expect(got(`${scheme}://${name}/`), `${scheme} ${name}`).toMatchObject({ status: 200, isAny: true, says: "any" });
      expect(got(`${scheme}://nas.home.lan/api/`)).toMatchObject({ status: 200, isAny: false, says: "own" });
      // What it has not, nobody has for it; and whoever is to say who they are is asked by no way around.
      expect(got(`${scheme}://nas.home.lan/`)).toMatchObject({ status: 404, isAny: false });
      expect(got(`${scheme}://guarded.home.lan/`)).toMatchObject({ status: 401, isAny: false });
    }
    expect(got("http://plain.home.lan/")).toMatchObject({ status: 200, isAny: false, says: "own" });
    // Without HTTPS of its own it has none of the wildcard's.
    expect([undefined, 404]).toContain(got("https://plain.home.lan/")?.status);
    for (const name of ["a.b.home.lan", "home.lan", "xhome.lan"])
      expect(got(`http://${name}/`), name).toMatchObject({ status: 404, isAny: false });
    expect(await trusted("a.home.lan", authority)).toEqual({ names: "DNS:*.home.lan", authorized: true });
    expect(await trusted("nas.home.lan", authority)).toEqual({ names: "DNS:nas.home.lan", authorized: true });
    const [state] = (await siteStates(machine)).filter(({ name }) => name === "*.home.lan");
    expect(state).toMatchObject({ status: 200, certificate: { names: ["*.home.lan"] }, certificateProblem: null });
  },
);

test.each(["caddy", "nginx"])("with %s whoever comes over HTTP is sent to the same name over HTTPS", async (driver) => {
  expect(await apply(driver, [site("*.home.lan", "wc-any", { forceHttps: true })])).toMatchObject({ outcome: "succeeded" });
  const sent = execFileSync(
    "curl",
    ["-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "-H", "Host: a.home.lan", `http://127.0.0.1:${PORTS.http}/x?y`],
    {
      encoding: "utf8",
    },
  );
  expect(sent).toBe("308 https://a.home.lan/x?y");
});
