import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { keyAndCertificate } from "./nginx-world.ts";
import { CADDY, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_640, https: 18_641 };
const PROJECT = `appos_proxy_${PORTS.http}`;
const world = engineWorld({ proxy: { ...PORTS, images: { caddy: CADDY, nginx: NGINX, traefik: "" } } });
const { machine } = world;
const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
const compose = `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]\n    stop_grace_period: 0s\n`;

beforeAll(async () => {
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  await world.deploy("oc-a", 1, compose);
}, 60_000);
afterAll(async () => {
  await apply("caddy", [], []);
  docker("volume", "rm", "--force", `${PROJECT}_data`);
  await world.end();
}, 60_000);

const site = (name: string, more: object) => ({ name, routes: [{ path: "/", app: "oc-a", service: "web", port: 8080 }], ...more });
const own = (id: string) => ({ https: "own", certificateId: id });
/** A wildcard, another one that would do as well, and a name of a network at home with its `www.` form. */
const sites = [
  site("a.example.test", own("crt_1")),
  site("b.example.test", own("crt_2")),
  site("wiki.lan", { https: "internal", alias: "www.wiki.lan" }),
];
/** No authority is there: who asked one would fail. */
const acme = { directory: "https://127.0.0.1:9/dir" };
const apply = (driver: string, asked: object[], certificates: object[]) =>
  world.run("apply-sites", { driver, acme, sites: asked, certificates });

/** As they come: the key first. */
function uploaded(name: string) {
  const text = keyAndCertificate(name);
  const [key, certificate] = ["PRIVATE KEY", "CERTIFICATE"].map(
    (what) => `${new RegExp(`-----BEGIN ${what}-----[^-]+-----END ${what}-----`).exec(text)![0]}\n`,
  );
  return `${key}${certificate}`;
}
const certificateIn = (pem: string) => pem.slice(pem.indexOf("-----BEGIN CERTIFICATE-----"));
const sumOf = (pem: string) =>
  execFileSync("openssl", ["x509", "-noout", "-fingerprint", "-sha256"], { input: certificateIn(pem), encoding: "utf8" })
    .trim()
    .split("=")[1];

interface Shown {
  fingerprint: string;
  /** Whether it is good for the name to whoever trusts this root. */
  trusted: boolean;
  protocol: string | false | null;
}
const shown = (name: string, ca?: string) =>
  new Promise<Shown>((resolve, reject) => {
    const options = { host: "127.0.0.1", port: PORTS.https, servername: name, ALPNProtocols: ["h2"], rejectUnauthorized: false };
    const socket = connect({ ...options, ...(ca !== undefined && { ca }) }, () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      resolve({ fingerprint: fingerprint256, trusted: socket.authorized, protocol: socket.alpnProtocol });
      socket.destroy();
    });
    socket.on("error", reject);
  });
const status = async (name: string) => (await machine.visit({ name, path: "/", https: true, port: PORTS.https })).status;
const files = (folder: string) =>
  readdirSync(join(machine.folder, "proxy/config/certificates", folder)).filter((name) => name.endsWith(".pem"));

const certificates = [
  { id: "crt_1", pem: uploaded("*.example.test") },
  { id: "crt_2", pem: uploaded("*.example.test") },
];
let root: string;

test.each(["caddy", "nginx"])(
  "with %s, names are served with what was uploaded and with what the server itself issues, and no authority is asked",
  async (driver) => {
    const ending = await apply(driver, sites, certificates);
    expect(ending).toMatchObject({
      outcome: "succeeded",
      result: { sites: expect.any(Array), authority: expect.stringMatching(/^-----BEGIN CERTIFICATE/) },
    });
    const { authority } = ending.result as { authority: string };
    // Whoever trusts it goes on trusting it where another program serves.
    root ??= authority;
    expect(authority).toBe(root);
    for (const [name, i] of [
      ["a.example.test", 0],
      ["b.example.test", 1],
    ] as const)
      expect(await shown(name)).toMatchObject({ fingerprint: sumOf(certificates[i]!.pem), protocol: "h2" });
    for (const name of ["wiki.lan", "www.wiki.lan"]) expect(await shown(name, root)).toMatchObject({ trusted: true });
    for (const name of ["a.example.test", "wiki.lan"]) expect(await status(name)).toBe(200);
    expect((await machine.visit({ name: "wiki.lan", path: "/", https: false, port: PORTS.http })).status).toBe(308);
  },
);

test.each(["nginx", "caddy"])(
  "with %s, one that takes another's place is served, and every visitor meanwhile is shown the one or the other",
  async (driver) => {
    await apply(driver, sites, certificates);
    const renewed = [{ id: "crt_1", pem: uploaded("*.example.test") }, certificates[1]!];
    const [{ fingerprint }, before] = [await shown("wiki.lan"), sumOf(certificates[0]!.pem)];
    const greeted: string[] = [];
    let over = false;
    // Whoever is not greeted ends this.
    const visiting = (async () => {
      while (!over) greeted.push((await shown("a.example.test")).fingerprint, (await shown("wiki.lan")).fingerprint);
    })();
    expect(await apply(driver, sites, renewed)).toMatchObject({ outcome: "succeeded" });
    over = true;
    await visiting;
    const now = sumOf(renewed[0]!.pem);
    expect([before, now, fingerprint]).toEqual(expect.arrayContaining([...new Set(greeted)]));
    expect((await shown("a.example.test")).fingerprint).toBe(now);
    // What has not to be renewed yet stays as it is.
    expect((await shown("wiki.lan")).fingerprint).toBe(fingerprint);
    // A key that nothing is served with is not left lying about, and what is there is for root alone.
    expect(files("own")).toHaveLength(2);
    for (const place of [
      "proxy/model.json",
      "proxy/authority.json",
      ...files("own").map((name) => `proxy/config/certificates/own/${name}`),
    ])
      expect(statSync(join(machine.folder, place)).mode & 0o777, place).toBe(0o600);
  },
);

test("the authority's key is where no proxy looks, and no key is in what a proxy is configured by", async () => {
  await apply("caddy", sites, certificates);
  const config = readFileSync(join(machine.folder, "proxy/config/config.json"), "utf8");
  expect(config).not.toContain("PRIVATE KEY");
  const key = /BEGIN PRIVATE KEY-----\\n([^\\]+)/.exec(readFileSync(join(machine.folder, "proxy/authority.json"), "utf8"))![1]!;
  expect(() => execFileSync("grep", ["-rl", key, join(machine.folder, "proxy/config")])).toThrow();
});

test("a key that is not of its certificate changes nothing of what is served", async () => {
  await apply("nginx", sites, certificates);
  const [one, two] = [uploaded("*.example.test"), uploaded("*.example.test")];
  const mixed = one.slice(0, one.indexOf("-----BEGIN CERTIFICATE-----")) + certificateIn(two);
  for (const driver of ["nginx", "caddy"])
    expect(await apply(driver, sites, [{ id: "crt_1", pem: mixed }, certificates[1]!])).toMatchObject({
      outcome: "failed",
      error: { code: "PROXY_REFUSED" },
    });
  expect((await shown("a.example.test")).fingerprint).toBe(sumOf(certificates[0]!.pem));
});
