import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { newContainer } from "../machine/fake-compose.ts";
import type { CertificateOrder } from "../machine/machine.ts";
import { keepCertificates } from "./certificate-keeper.ts";
import { certificateProblems, dueAt, type Kept, keptOf, tryAgain } from "./certificates.ts";

const FOLDER = "/var/lib/appos/proxy";
const DIRECTORY = "https://acme.test/dir";
const DAY = 24 * 3_600_000;
const MINUTE = 60_000;

const provider = {
  id: "dns_1",
  name: "Company",
  zones: ["a.test", "proof.test"],
  access: { kind: "digitalocean", token: "a-token" },
};

/** A server with nginx, and time that goes by as far as a test lets it. */
function world(names: string[], { driver = "nginx", dnsProviderId }: { driver?: string; dnsProviderId?: string } = {}) {
  let now = Date.UTC(2026, 10, 22);
  const waiting: { until: number; go: () => void }[] = [];
  const clock = {
    now: () => now,
    elapsed: () => now,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ until: now + ms, go: resolve });
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  };
  const server = fakeMachine("/var/lib/appos", clock);
  const proxy = newContainer("proxy", "appos_proxy", "proxy", { image: "nginx:1" });
  proxy.status.state = "running";
  server.containers.push(proxy);
  const sites = names.map((name) => ({
    name,
    https: "acme",
    alias: null,
    forceHttps: true,
    ...(dnsProviderId !== undefined && { dnsProviderId }),
    routes: [{ app: "a", service: "w", port: 80, path: "/" }],
  }));
  const put = (directory: string) =>
    server.files.set(
      `${FOLDER}/model.json`,
      JSON.stringify({ driver, acme: { directory, email: null, roots: null }, sites, dnsProviders: dnsProviderId ? [provider] : [] }),
    );
  put(DIRECTORY);
  const orders: { name: string; at: number; key: string }[] = [];
  const it = { issues: async (_: CertificateOrder) => ({ pem: `pem ${orders.length}`, notBefore: now, notAfter: now + 90 * DAY }) };
  server.onIssue = (order) => {
    orders.push({ name: order.name, at: now, key: order.accountKey });
    return it.issues(order);
  };
  let arrived = 0;
  const stop = new AbortController();
  const start = () => keepCertificates({ machine: server.machine, arrived: () => (arrived += 1), signal: stop.signal });
  /** All that is to be waited for is sums, which others make in their order: whoever has asked for one after them comes after them. */
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) {
      await crypto.subtle.digest("SHA-256", new Uint8Array(1_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return Object.assign(it, {
    server,
    orders,
    proxy,
    put,
    start,
    settle,
    now: () => now,
    arrived: () => arrived,
    /** A minute at a time. */
    async pass(ms: number) {
      for (const end = now + ms; now < end;) {
        now = Math.min(now + MINUTE, end);
        for (const each of waiting.splice(0))
          if (each.until <= now) each.go();
          else waiting.push(each);
        await settle();
      }
    },
    end: () => stop.abort(),
  });
}

test("each name gets a certificate of its own, by one account, and not again", async () => {
  const it = world(["a.test", "b.test"]);
  it.start();
  await it.pass(10 * MINUTE);
  it.end();
  expect(it.orders.map(({ name }) => name)).toEqual(["a.test", "b.test"]);
  expect(new Set(it.orders.map(({ key }) => key)).size).toBe(1);
  expect(it.arrived()).toBe(2);
  const { certificate } = await keptOf("a.test", it.server.machine);
  expect(it.server.files.get(`${FOLDER}/config/${certificate!.file}`)).toMatch(/^pem /);
});

test("an authority that refuses is asked ever less, and its words are told", async () => {
  const it = world(["a.test"]);
  it.issues = () => Promise.reject(new Error("DNS problem: NXDOMAIN looking up A for a.test"));
  it.start();
  await it.pass(300 * MINUTE);
  it.end();
  const waits = it.orders.slice(1).map(({ at }, i) => (at - it.orders[i]!.at) / MINUTE);
  for (const [i, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(2 ** (i + 1));
  expect(waits.length).toBeGreaterThan(5);
  const asked = { machine: it.server.machine, lines: async () => [] };
  expect(await certificateProblems(["a.test", "b.test"], asked)).toEqual(new Map([["a.test", expect.stringContaining("NXDOMAIN")]]));
});

test("who asks for it at once gets it tried at once, but not more often than once a minute", async () => {
  const it = world(["a.test"]);
  it.issues = () => Promise.reject(new Error("no"));
  const keeper = it.start();
  await it.pass(10 * MINUTE);
  const again = async () => {
    await tryAgain(["a.test"], it.server.machine);
    keeper.changed();
    await it.settle();
  };
  const before = it.orders.length;
  await again();
  await again();
  expect(it.orders).toHaveLength(before + 1);
  await it.pass(MINUTE);
  await again();
  it.end();
  expect(it.orders).toHaveLength(before + 2);
});

test("an agent that is killed over and over asks no more often", async () => {
  const it = world(["a.test"]);
  it.issues = () => new Promise(() => {});
  for (let i = 0; i < 5; i += 1) {
    it.start();
    await it.settle();
  }
  it.end();
  expect(it.orders).toHaveLength(1);
});

test("while the proxy does not run nobody is asked", async () => {
  const it = world(["a.test"]);
  it.proxy.status.state = "exited";
  it.start();
  await it.pass(5 * MINUTE);
  expect(it.orders).toEqual([]);
  it.proxy.status.state = "running";
  await it.pass(MINUTE);
  it.end();
  expect(it.orders).toHaveLength(1);
});

test("a certificate is renewed when a third of its life is left, or another authority is to issue it", () => {
  const kept: Kept = { certificate: { file: "x", notBefore: 0, notAfter: 90 * DAY, directory: DIRECTORY }, tried: null };
  expect(dueAt(kept, DIRECTORY)).toBe(60 * DAY);
  expect(dueAt(kept, "https://other.test/dir")).toBe(-Infinity);
  const tried = { times: 20, at: 61 * DAY, problem: "no", directory: DIRECTORY, again: false };
  expect(dueAt({ ...kept, tried }, DIRECTORY)).toBe(61.5 * DAY);
  expect(dueAt({ ...kept, tried }, "https://other.test/dir")).toBe(-Infinity);
  // It was got only now, and looks as if it ended soon: some clock is wrong.
  expect(dueAt({ ...kept, certificate: { ...kept.certificate!, gotAt: 80 * DAY } }, DIRECTORY)).toBe(80.5 * DAY);
});

test("an authority names no files", async () => {
  const it = world(["a.test"]);
  it.issues = async ({ show }) => {
    await show("../../../x", "y");
    return { pem: "", notBefore: 0, notAfter: 0 };
  };
  it.start();
  await it.settle();
  it.end();
  expect((await keptOf("a.test", it.server.machine)).tried?.problem).toContain("no token");
});

/** DigitalOcean as a test has it, and what is in its zones. */
function zonesOf(server: ReturnType<typeof world>["server"]) {
  const records = new Map<number, string>();
  let ids = 0;
  let problem: string | undefined;
  server.onAsk = async ({ url, method, body }) => {
    const { pathname } = new URL(url);
    if (problem !== undefined) return { status: 401, text: JSON.stringify({ id: "unauthorized", message: problem }) };
    if (method === "POST") {
      const { name, data } = JSON.parse(body!) as { name: string; data: string };
      records.set(++ids, data);
      server.dns.set(`${name}.${pathname.split("/")[3]}`, { txt: [data] });
    }
    if (method === "DELETE") records.delete(Number(pathname.split("/").at(-1)));
    const all = [...records].map(([id, data]) => ({ id, type: "TXT", data }));
    return { status: 200, text: JSON.stringify({ domain_records: all }) };
  };
  server.dns.set("a.test", { ns: ["ns.a.test"] });
  server.dns.set("proof.test", { ns: ["ns.a.test"] });
  server.dns.set("ns.a.test", { a: ["192.0.2.53"] });
  return { records, refuse: (words?: string) => (problem = words) };
}

test.each(["caddy", "traefik", "nginx"])(
  "with %s, a name that is proven in the DNS is got by the agent, and its record goes again",
  async (driver) => {
    const it = world(["a.test"], { driver, dnsProviderId: "dns_1" });
    // Nobody has to see an answer of it.
    it.proxy.status.state = "exited";
    const zones = zonesOf(it.server);
    const shown: unknown[] = [];
    it.issues = async ({ proof, show, hide }) => {
      await show("token", "the value");
      shown.push(
        proof,
        [...zones.records.values()],
        [...it.server.files.keys()].filter((path) => path.includes("dns-records")),
      );
      await hide("token");
      return { pem: "pem", notBefore: it.now(), notAfter: it.now() + 90 * DAY };
    };
    it.start();
    await it.pass(2 * MINUTE);
    it.end();
    expect(shown).toEqual(["dns-01", ["the value"], [`${FOLDER}/dns-records/a.test.json`]]);
    expect(zones.records.size).toBe(0);
    expect([...it.server.files.keys()].filter((path) => path.includes("dns-records"))).toEqual([]);
    expect((await keptOf("a.test", it.server.machine)).certificate).toMatchObject({ directory: DIRECTORY });
  },
);

test("a provider's words are told without its token, and what an agent left that was killed goes at the next try", async () => {
  const it = world(["a.test"], { driver: "caddy", dnsProviderId: "dns_1" });
  const zones = zonesOf(it.server);
  it.issues = async ({ show }) => {
    await show("token", "first");
    return new Promise(() => {});
  };
  const first = new AbortController();
  keepCertificates({ machine: it.server.machine, arrived: () => {}, signal: first.signal });
  await it.pass(MINUTE);
  first.abort();
  expect([...zones.records.values()]).toEqual(["first"]);
  zones.refuse("Unable to authenticate you with a-token");
  it.issues = async ({ show }) => {
    await show("token", "second");
    throw new Error("unreachable");
  };
  it.start();
  await it.pass(5 * MINUTE);
  const problem = (await keptOf("a.test", it.server.machine)).tried!.problem;
  expect(problem).toBe("DigitalOcean (Company) did not take the record: Unable to authenticate you with … (unauthorized)");
  zones.refuse();
  it.issues = async () => Promise.reject(new Error("no"));
  await it.pass(20 * MINUTE);
  it.end();
  expect(zones.records.size).toBe(0);
});

test("a record goes where its name leads to, and only into a zone of its provider", async () => {
  const it = world(["a.test"], { driver: "caddy", dnsProviderId: "dns_1" });
  const zones = zonesOf(it.server);
  it.server.dns.set("_acme-challenge.a.test", { cname: "a.proof.test" });
  const asked: string[] = [];
  const { onAsk } = it.server;
  it.server.onAsk = (request, signal) => (asked.push(`${request.method} ${request.url}`), onAsk(request, signal));
  it.issues = async ({ show }) => {
    await show("token", "value");
    return { pem: "pem", notBefore: it.now(), notAfter: it.now() + 90 * DAY };
  };
  it.start();
  await it.pass(2 * MINUTE);
  expect(asked[0]).toBe("POST https://api.digitalocean.com/v2/domains/proof.test/records");
  expect(zones.records.size).toBe(0);
  it.end();

  const other = world(["a.test"], { driver: "caddy", dnsProviderId: "dns_1" });
  zonesOf(other.server);
  other.server.dns.set("_acme-challenge.a.test", { cname: "a.elsewhere.test" });
  other.issues = it.issues;
  other.start();
  await other.pass(2 * MINUTE);
  other.end();
  expect((await keptOf("a.test", other.server.machine)).tried?.problem).toBe(
    "_acme-challenge.a.test leads to a.elsewhere.test, which is in none of the zones of the DNS provider Company: a.test, proof.test.",
  );
});
