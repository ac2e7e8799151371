import { execFileSync, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CheckFinding, CheckStep } from "@appos/shared/site-check";
import { SiteCheck, SiteQuestion } from "@appos/shared/site-check";
import { preflights } from "../proxy/diagnosis/preflight.ts";
import { siteCheck } from "../proxy/diagnosis/site-check.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { dnsNames } from "./names.ts";
import { CADDY } from "./proxy-world.ts";

const [HTTP, HTTPS, DNS] = [18_600, 18_601, 18_602];
const nameServers = [`127.0.0.1:${DNS}`];
const world = engineWorld({ proxy: { http: HTTP, https: HTTPS, images: { caddy: CADDY, nginx: "", traefik: "" } }, nameServers });
const { machine } = world;

const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
/** Another machine, as far as this one knows: something answers at the proxy's port of it, or nothing does. */
function other(...command: string[]) {
  const id = docker("run", "--detach", "--rm", "--network", ELSEWHERE, BUSYBOX, ...command).trim();
  return { id, address: docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", id).trim() };
}
const ELSEWHERE = `appos-site-check-${process.pid}`;
docker("network", "create", ELSEWHERE);
const others = [other("httpd", "-f", "-p", `${HTTP}`, "-h", "/tmp"), other("sleep", "600")] as const;

/** `0 issue "digicert.com"`, as its bytes. */
const caa = Buffer.from("\0\x05issuedigicert.com").toString("hex");
const records = [
  "--host-record=a.here.test,127.0.0.1",
  `--host-record=other.here.test,${others[0].address}`,
  `--host-record=silent.here.test,${others[1].address}`,
  "--host-record=both.here.test,127.0.0.1,fd00::2",
  "--cname=www.here.test,a.here.test",
  "--host-record=x.caa.test,127.0.0.1",
  `--dns-rr=caa.test,257,${caa}`,
];
const quiet = [
  "--keep-in-foreground",
  "--no-resolv",
  "--no-hosts",
  "--conf-file=/dev/null",
  "--bind-interfaces",
  "--pid-file=",
  "--local=/test/",
];
const names = spawn("dnsmasq", [...quiet, `--port=${DNS}`, "--listen-address=127.0.0.1", ...records], { stdio: "ignore" });

const app = (command: string) =>
  `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "${command}"]\n    stop_grace_period: 0s\n    labels: {appos.deploy: stop-start}\n`;
const web = (listen: string) => app(`mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p ${listen} -h /tmp/www`);
const route = { path: "/", app: "sc-a", service: "web", port: 8080 };
const acme = { directory: "https://127.0.0.1:1/dir", email: null, roots: null };
const site = (name: string, https = "off") => ({ name, https, routes: [route] });
const serves = (...sites: object[]) => world.run("apply-sites", { driver: "caddy", acme, sites });
async function check(name: string, more: object = {}) {
  const found = SiteCheck.parse(await siteCheck(SiteQuestion.parse({ name, https: "off", ...route, ...more }), machine));
  return Object.fromEntries(found.findings.map((finding) => [finding.step, finding])) as Record<CheckStep, CheckFinding>;
}
const states = (found: Record<string, CheckFinding>) => Object.values(found).map(({ state }) => state);

beforeAll(async () => {
  await sleep(200);
  await world.deploy("sc-a", 1, web("8080"));
  expect(await serves(site("a.here.test"), site("x.caa.test", "acme"))).toMatchObject({ outcome: "succeeded" });
}, 60_000);
afterAll(async () => {
  await serves();
  docker("volume", "rm", "--force", `appos_proxy_${HTTP}_data`);
  await world.end();
  names.kill();
  docker("rm", "--force", ...others.map(({ id }) => id));
  docker("network", "rm", ELSEWHERE);
}, 60_000);

test("the DNS is asked for what there is, and what is not there is told apart", async () => {
  const asked = dnsNames(nameServers);
  expect(await asked.addresses("a.here.test", 4)).toEqual({ records: ["127.0.0.1"] });
  expect(await asked.addresses("a.here.test", 6)).toEqual({ problem: "none" });
  expect(await asked.addresses("nothing.test", 4)).toEqual({ problem: "no-such-name" });
  expect(await asked.addresses("example.org", 4)).toEqual({ problem: "refused" });
  expect(await asked.aliases("www.here.test")).toEqual({ records: ["a.here.test"] });
  expect(await asked.caa("caa.test")).toEqual({ records: [{ critical: false, tag: "issue", value: "digicert.com" }] });
  expect(await dnsNames(["127.0.0.1:1"]).addresses("a.here.test", 4)).toEqual({ problem: "silent" });
}, 20_000);

test("a domain that is reached is well at every step", async () => {
  const found = await check("a.here.test");
  expect(states(found)).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
  expect(found.container.message).toBe("appos-sc-a-web-1 is running and listens on port 8080.");
});

test("names that lead nowhere, elsewhere, and to where nobody answers", async () => {
  expect((await check("nothing.test")).dns).toMatchObject({ state: "wrong", message: expect.stringContaining("no such name in the DNS") });
  const [answering, silent] = others.map(({ address }) => address);
  expect((await check("other.here.test")).dns).toMatchObject({
    state: "wrong",
    message: expect.stringContaining(`leads to ${answering}, which is not this server`),
  });
  expect(await check("silent.here.test")).toMatchObject({
    dns: { state: "ok" },
    port: { state: "wrong", message: expect.stringContaining(`port ${HTTP} of ${silent}`) },
  });
  const { dns, port } = await check("both.here.test");
  expect(dns.message).toBe("both.here.test leads to 127.0.0.1 and fd00::2.");
  expect(port.message + port.facts.join("")).toContain("fd00::2");
}, 20_000);

test("a certificate that may not be issued, and what the authority's silence is called", async () => {
  machine.caaIdentities = async () => ["letsencrypt.org"];
  const { certificate } = await check("x.caa.test", { https: "acme" });
  expect(certificate.state).toBe("wrong");
  expect([certificate.message, ...certificate.facts].join(" ")).toContain("allows only digicert.com");
});

test("what keeps a certificate from coming is found without anybody waiting for it", async () => {
  const preflight = preflights(machine);
  expect(preflight("nothing.test", acme)).toBeUndefined();
  await expect.poll(() => preflight("nothing.test", acme), { timeout: 10_000 }).toContain("nothing.test has no A or AAAA record");
  machine.caaIdentities = async () => ["letsencrypt.org"];
  await expect.poll(() => preflight("x.caa.test", acme), { timeout: 10_000 }).toContain("allows only digicert.com");
});

test("an app that listens elsewhere, for itself alone, or not at all", async () => {
  await world.deploy("sc-a", 2, web("3000"));
  expect((await check("a.here.test")).container).toMatchObject({
    state: "wrong",
    message: "appos-sc-a-web-1 does not accept connections on port 8080; it listens on 3000.",
    remedy: "Change the domain's port to 3000.",
  });
  await world.deploy("sc-a", 3, web("127.0.0.1:8080"));
  expect((await check("a.here.test")).container).toMatchObject({ state: "wrong", message: expect.stringContaining("at 127.0.0.1 only") });
  await world.deploy("sc-a", 4, app("exec sleep 600"));
  expect((await check("a.here.test")).container).toMatchObject({
    state: "wrong",
    message: expect.stringContaining("nothing in it listens"),
  });
  await world.run("stop-app", { name: "sc-a" });
  expect((await check("a.here.test")).container).toMatchObject({
    state: "wrong",
    message: expect.stringContaining("Service web has no running container"),
  });
  await world.deploy("sc-a", 5, web("8080"));
}, 60_000);

test("an unhealthy one, with its last words", async () => {
  const test = '["CMD-SHELL", "test -f /tmp/www/index.html || { echo the page is gone; exit 1; }"]';
  await world.deploy("sc-a", 6, `${web("8080")}    healthcheck: {test: ${test}, interval: 1s, retries: 1}\n`);
  expect((await check("a.here.test")).health.message).toBe("Its health check passes, and through the proxy it answers 200.");
  docker("exec", "appos-sc-a-web-1", "rm", "/tmp/www/index.html");
  await expect
    .poll(async () => (await check("a.here.test")).health.message, { timeout: 15_000 })
    .toContain("It said last: the page is gone");
  await world.deploy("sc-a", 7, web("8080"));
}, 60_000);

test("where the proxy is down, that is what is wrong", async () => {
  docker("stop", `appos_proxy_${HTTP}-proxy-1`);
  expect(await check("a.here.test")).toMatchObject({
    port: { state: "skipped" },
    proxy: { state: "wrong", message: expect.stringContaining("not running (exited") },
  });
  await serves(site("a.here.test"));
  expect(states(await check("a.here.test"))).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
}, 30_000);
