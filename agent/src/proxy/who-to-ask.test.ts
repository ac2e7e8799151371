import { expect, test } from "vitest";
import type { Certificate, ProxyModel } from "@appos/shared/sites";
import { fakeMachine } from "../machine/fake-machine.ts";
import { newContainer } from "../machine/fake-compose.ts";
import { keepCertificates } from "./certificate-keeper.ts";
import { keep, keptOf } from "./certificates.ts";
import { tellWhoToAsk } from "./who-to-ask.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const directory = "https://acme.test/dir";

/** A server whose proxy shows these certificates, and a clock that stands still until it is told. */
function world(names: string[]) {
  let now = Date.UTC(2026, 10, 22);
  const server = fakeMachine("/var/lib/appos", { now: () => now, elapsed: () => now, sleep: () => new Promise(() => {}) });
  const shown = new Map<string, Certificate>();
  server.onVisit = ({ name }) => ({ status: shown.has(name) ? 200 : null, certificate: shown.get(name) ?? null });
  const sites = names.map((name) => ({
    name,
    https: "acme" as const,
    alias: null,
    forceHttps: true,
    routes: [{ app: "a", service: "w", port: 80, path: "/" }],
  }));
  const model: ProxyModel = { driver: "traefik", acme: { directory, email: null, roots: null }, certificates: [], dnsProviders: [], sites };
  let changes = 0;
  const look = () => tellWhoToAsk(model, server.machine, () => (changes += 1));
  const issued = (from: number, days: number): Certificate => ({ issuer: "x", names: [], notBefore: from, notAfter: from + days * DAY });
  const pass = (ms: number) => void (now += ms);
  const asked = async (name: string) => (await keptOf(name, server.machine)).tried?.times ?? 0;
  return { server, model, shown, look, issued, pass, asked, now: () => now, changes: () => changes };
}

test("it is told to ask for a name that has no certificate, and ever less often while none comes", async () => {
  const it = world(["a.test", "b.test"]);
  it.shown.set("b.test", it.issued(it.now(), 90));
  const begun = it.now();
  const asked: number[] = [];
  while (it.now() < begun + 40 * MINUTE) {
    const wait = await it.look();
    if (it.changes() > asked.length) asked.push((it.now() - begun) / MINUTE);
    expect(await it.asked("a.test")).toBe(asked.length);
    it.pass(wait);
  }
  expect(asked).toEqual([0, 2, 6, 14, 30]);
  expect(await it.asked("b.test")).toBe(0);
});

test("what another proxy had is lent until it is due, and goes once there is one of its own", async () => {
  const it = world(["a.test"]);
  const lent = it.issued(it.now(), 90);
  it.shown.set("a.test", lent);
  await keep("a.test", { certificate: { file: "certificates/a.test/1.pem", ...lent, directory }, tried: null }, it.server.machine);
  expect(await it.look()).toBe(10 * MINUTE);
  expect(it.changes()).toBe(0);
  it.pass(61 * DAY);
  expect(await it.look()).toBe(15_000);
  expect(await it.asked("a.test")).toBe(1);
  expect(it.changes()).toBe(1);
  it.shown.set("a.test", it.issued(it.now(), 90));
  expect(await it.look()).toBe(10 * MINUTE);
  expect(await keptOf("a.test", it.server.machine)).toEqual({ certificate: null, tried: null });
  expect(it.changes()).toBe(2);
  await it.look();
  expect(it.changes()).toBe(2);
});

test("while it does not run it is told nothing, and the agent gets nothing in its place", async () => {
  const it = world(["a.test"]);
  const proxy = newContainer("proxy", "appos_proxy", "proxy", { image: "traefik:3" });
  it.server.containers.push(proxy);
  it.server.files.set("/var/lib/appos/proxy/model.json", JSON.stringify(it.model));
  it.server.onIssue = () => Promise.reject(new Error("nobody is to be asked from here"));
  const arrived: number[] = [];
  const start = async (state: "exited" | "running") => {
    proxy.status.state = state;
    const stop = new AbortController();
    keepCertificates({ machine: it.server.machine, arrived: () => arrived.push(1), signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    return it.asked("a.test");
  };
  expect([await start("exited"), await start("running")]).toEqual([0, 1]);
  expect(arrived).toHaveLength(1);
});
