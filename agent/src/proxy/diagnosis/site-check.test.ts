import type { CheckStep } from "@appos/shared/site-check";
import { expect, test } from "vitest";
import { fakeMachine } from "../../machine/fake-machine.ts";
import type { Container, Visit, Visited } from "../../machine/machine.ts";
import { siteCheck } from "./site-check.ts";

const ID = "0f1e2d3c-0000-4000-8000-000000000000";
const NAME = "blog.example.com";
const HERE = "203.0.113.7";
const acme = { directory: "https://acme-v02.api.letsencrypt.org/directory", email: null, roots: null };
const site = {
  name: NAME,
  alias: null as string | null,
  path: "/",
  app: "blog",
  service: "web",
  port: 80,
  https: "off" as const,
  addresses: [HERE],
};
const none: Visited = { status: null, certificate: null };
const own: Visited = { status: 204, certificate: null, proxy: ID };
const certificate = { issuer: "Let's Encrypt", names: [NAME], notBefore: 0, notAfter: Date.UTC(2027, 0, 1) };

const container = (more: Partial<Omit<Container, "status">> & { status?: Partial<Container["status"]> } = {}): Container => ({
  id: "c1",
  appId: "app_1",
  project: "appos-blog",
  oneOff: false,
  networks: ["appos-blog_default"],
  imageId: "i",
  configHash: null,
  limits: "",
  restartPolicy: "no",
  tty: false,
  healthLimitMs: null,
  healthLines: [],
  ...more,
  status: {
    service: "web",
    container: "appos-blog-web-1",
    image: "web",
    state: "running",
    health: null,
    exitCode: null,
    restarts: 0,
    startedAt: 0,
    ports: [],
    ...more.status,
  },
});

/** A server that serves the domain as it should. `at`: what answers at addresses of the name. */
function world({
  https = "off" as "off" | "acme",
  at = { [HERE]: own } as Record<string, Visited>,
  app = container() as Container | null,
} = {}) {
  const server = fakeMachine();
  const route = { path: "/", app: "blog", service: "web", port: 80 };
  const model = { driver: "caddy", acme, sites: [{ name: NAME, https, forceHttps: true, alias: null, routes: [route] }] };
  server.files.set("/var/lib/appos/proxy/id", ID).set("/var/lib/appos/proxy/model.json", JSON.stringify(model));
  server.dns.set(NAME, { a: [HERE] });
  const proxy = container({ id: "p", appId: null, project: "appos_proxy", status: { service: "proxy", container: "appos_proxy-proxy-1" } });
  server.containers = [proxy, ...(app ? [app] : [])];
  server.listeners.set("appos-blog-web-1", [{ port: 80, on: "all" }]);
  const inside = (visit: Visit): Visited => (visit.path === "/.well-known/appos" ? own : { status: 200, certificate: null });
  let answers = inside;
  server.onVisit = (visit) => (visit.host === undefined ? answers(visit) : visit.https ? none : (at[visit.host] ?? none));
  const check = async (more: Partial<typeof site> | { https: "acme" } = {}) => {
    const found = await siteCheck({ ...site, https, ...more }, server.machine);
    return Object.fromEntries(found.findings.map((finding) => [finding.step, finding])) as Record<
      CheckStep,
      (typeof found.findings)[number]
    >;
  };
  return { server, check, answer: (how: typeof inside) => void (answers = how), inside };
}
const states = (found: Awaited<ReturnType<ReturnType<typeof world>["check"]>>) => Object.values(found).map(({ state }) => state);

test("where all is well, all steps say so", async () => {
  const { check } = world();
  const found = await check();
  expect(states(found)).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
  expect(found.dns.message).toBe("blog.example.com leads to 203.0.113.7.");
  expect(found.health.message).toBe("Through the proxy it answers 200.");
});

test.each([
  [{ cname: "gone.example.net" }, "is an alias (CNAME) of gone.example.net, which has no A or AAAA record", "replace it"],
  [{ aaaa: [] }, "has no A or AAAA record.", "add an A record to 203.0.113.7 for blog.example.com"],
  [undefined, "there is no such name in the DNS", "add an A record to 203.0.113.7"],
  [{ fails: "failed" as const }, "(SERVFAIL)", "DNSSEC"],
  [{ fails: "silent" as const }, "No name server answered", "APPOS_DNS"],
  [{ fails: "refused" as const }, "(REFUSED)", "APPOS_DNS"],
])("a name that leads nowhere is the first that is wrong: %j", async (records, message, remedy) => {
  const { server, check } = world();
  server.dns.delete(NAME);
  if (records) server.dns.set(NAME, records);
  const { dns, port } = await check();
  expect(dns).toMatchObject({ state: "wrong", message: expect.stringContaining(message), remedy: expect.stringContaining(remedy) });
  expect(port.state).toBe("skipped");
});

test("a name that leads to another server is told from one that leads here, and from one that leads to both", async () => {
  const elsewhere = world({ at: { "198.51.100.1": { status: 404, certificate: null } } });
  elsewhere.server.dns.set(NAME, { a: ["198.51.100.1"] });
  expect(await elsewhere.check()).toMatchObject({
    dns: {
      state: "wrong",
      message: "blog.example.com leads to 198.51.100.1, which is not this server: it answers as another one.",
      remedy: expect.stringContaining("have it lead to 203.0.113.7 instead"),
    },
    port: { state: "skipped" },
  });
  const both = world({ at: { [HERE]: own, "198.51.100.1": { ...own, proxy: "another" } } });
  both.server.dns.set(NAME, { a: [HERE, "198.51.100.1"] });
  expect((await both.check()).dns).toMatchObject({ state: "wrong", message: expect.stringContaining("Some visitors get there") });
});

test("a proxy before the server that passes all on is no other server; neither is one that sends HTTP to HTTPS", async () => {
  const { server, check } = world();
  server.dns.set(NAME, { a: ["192.0.2.9"] });
  const inside = server.onVisit;
  server.onVisit = (visit) => (visit.host === "192.0.2.9" ? (visit.https ? own : { status: 301, certificate: null }) : inside(visit));
  expect(await check()).toMatchObject({ dns: { state: "ok" }, port: { state: "ok" } });
});

test("an address that nobody answers at is named, and IPv6 with what it means", async () => {
  const silent = world({ at: {} });
  expect(await silent.check()).toMatchObject({
    dns: { state: "ok" },
    port: {
      state: "wrong",
      message: "Nothing answers on port 80 of 203.0.113.7, as this server sees it.",
      remedy: expect.stringContaining("firewall"),
    },
  });
  const v6 = world();
  v6.server.dns.set(NAME, { a: [HERE], aaaa: ["2001:db8::1"] });
  expect((await v6.check()).port).toMatchObject({
    state: "wrong",
    message: expect.stringContaining(
      "The AAAA record 2001:db8::1 does not answer on port 80: visitors, and the certificate authority, who come by IPv6",
    ),
    remedy: expect.stringContaining("Remove the AAAA record"),
  });
  const old = world({ at: { [HERE]: own, "2001:db8::1": { ...none, unasked: true } } });
  old.server.dns.set(NAME, { a: [HERE], aaaa: ["2001:db8::1"] });
  expect((await old.check()).port).toMatchObject({ state: "ok", facts: ["2001:db8::1 was not asked: this server has no way there."] });
  old.server.addresses = [HERE];
  expect((await old.check()).port).toMatchObject({ state: "wrong", message: expect.stringContaining("has no IPv6") });
});

test("what a router answers for its own network is not taken for another server", async () => {
  const { check } = world({ at: { [HERE]: { status: 200, certificate: null } } });
  expect(await check()).toMatchObject({
    dns: { state: "ok" },
    port: { state: "skipped", message: expect.stringContaining("as routers do") },
  });
});

test("a certificate that does not come: what the authority said, else what forbids it", async () => {
  const { server, check } = world({ https: "acme" });
  const visits = server.onVisit;
  server.onVisit = (visit) => (visit.https && visit.host === undefined ? none : visits(visit));
  expect(await check()).toMatchObject({
    certificate: { state: "wrong", message: expect.stringContaining("There is no certificate for blog.example.com yet") },
    health: { state: "skipped" },
  });
  server.dns.set("example.com", { caa: [{ critical: false, tag: "issue", value: "digicert.com" }] });
  expect((await check()).certificate).toMatchObject({
    state: "wrong",
    message: "The CAA record of example.com allows only digicert.com, and certificates are asked of letsencrypt.org.",
    remedy: expect.stringContaining('0 issue "letsencrypt.org"'),
  });
  const error = "[blog.example.com] authorization failed: HTTP 403 - CAA record for example.com prevents issuance";
  const said = JSON.stringify({ logger: "tls.obtain", identifier: NAME, error });
  server.logs.set("appos_proxy-proxy-1", [{ stream: "stdout", stamp: "", text: said }]);
  expect((await check()).certificate.message).toMatch(/^The certificate authority said: CAA record for example.com prevents issuance/);
});

test("a certificate that is there is looked at: whose it is, and until when", async () => {
  const { server, check } = world({ https: "acme" });
  const visits = server.onVisit;
  let shown = certificate;
  server.onVisit = (visit) => (visit.https && visit.host === undefined ? { status: 200, certificate: shown } : visits(visit));
  expect(states(await check())).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
  shown = { ...certificate, names: ["*.example.com"] };
  expect((await check()).certificate.state).toBe("ok");
  shown = { ...certificate, names: ["example.com", "*.blog.example.com"] };
  expect((await check()).certificate).toMatchObject({ state: "wrong", message: expect.stringContaining("and not for blog.example.com") });
  shown = { ...certificate, notAfter: Date.UTC(2026, 0, 1) };
  expect((await check()).certificate).toMatchObject({ state: "wrong", message: "Its certificate expired on 2026-01-01." });
});

test("where the proxy is down, that is what is wrong, and not the port that it would answer at", async () => {
  const { server, check, answer } = world({ at: {} });
  answer(() => none);
  server.containers[0]!.status = { ...server.containers[0]!.status, state: "exited", exitCode: 1 };
  expect(await check()).toMatchObject({
    port: { state: "skipped" },
    proxy: { state: "wrong", message: "The proxy's container is not running (exited, exit code 1)." },
  });
  server.containers = server.containers.slice(1);
  expect((await check()).proxy.message).toBe("The proxy's container is not there.");
  answer(() => ({ status: 200, certificate: null }));
  server.containers = world().server.containers;
  expect((await check()).proxy).toMatchObject({ state: "wrong", message: expect.stringContaining("something else answers") });
});

test("where Nginx of the server itself serves, it is that which is stopped, or answers by what is not ours", async () => {
  const { server, check, answer } = world();
  const model = JSON.parse(server.files.get("/var/lib/appos/proxy/model.json")!) as object;
  server.files.set("/var/lib/appos/proxy/model.json", JSON.stringify({ ...model, driver: "nginx", place: "host" }));
  server.containers = server.containers.filter(({ id }) => id !== "p");
  answer(() => none);
  expect((await check()).proxy).toMatchObject({ state: "wrong", message: "Nginx of this server is not running." });
  server.hostNginxRuns = true;
  answer(() => ({ status: 404, certificate: null }));
  expect((await check()).proxy).toMatchObject({ state: "wrong", message: expect.stringContaining("by a site of its own") });
});

test("a domain that the proxy was not told of, or of which it was told otherwise", async () => {
  const { check } = world();
  expect((await check({ name: "new.example.com" })).proxy.message).toBe("The proxy has not been told of new.example.com yet.");
  expect((await check({ port: 81 })).proxy).toMatchObject({ state: "wrong", message: expect.stringContaining("it leads to web:80") });
});

test.each([
  [null, [], "blog has no containers on this server."],
  [
    container({ status: { service: "db", container: "appos-blog-db-1" } }),
    [],
    "Service web of blog has no container. There are containers of db.",
  ],
  [
    container({ status: { state: "exited", exitCode: 3 } }),
    [],
    "Service web has no running container: appos-blog-web-1 is stopped, with exit code 3.",
  ],
  [container({ networks: ["host"] }), [{ port: 80, on: "all" as const }], "appos-blog-web-1 is in no network that the proxy can join."],
  [container(), [{ port: 3000, on: "all" as const }], "appos-blog-web-1 does not accept connections on port 80; it listens on 3000."],
  [
    container(),
    [{ port: 80, on: "itself" as const }],
    "appos-blog-web-1 listens on port 80 at 127.0.0.1 only, where nothing outside of the container gets to.",
  ],
  [container(), [], "appos-blog-web-1 does not accept connections on port 80; nothing in it listens on any port."],
])("what is wrong with the containers is named: %#", async (app, listeners, message) => {
  const { server, check } = world({ app });
  server.listeners.set("appos-blog-web-1", listeners);
  expect((await check()).container).toMatchObject({ state: "wrong", message });
});

test("where nobody can see what listens, that is said, and what the proxy answers counts", async () => {
  const { server, check, answer, inside } = world();
  server.listeners.clear();
  answer((visit) => (visit.path === "/" ? { status: 502, certificate: null } : inside(visit)));
  expect(await check()).toMatchObject({
    container: { state: "skipped" },
    health: { state: "wrong", message: "Through the proxy it answers 502." },
  });
});

test("an unhealthy container is shown with the last words of its health check", async () => {
  const app = container({ healthLines: ["curl: (7) Failed to connect"], status: { health: "unhealthy" } });
  expect((await world({ app }).check()).health).toMatchObject({
    state: "wrong",
    message: "appos-blog-web-1 is unhealthy: its health check fails. It said last: curl: (7) Failed to connect",
  });
});

test("another name that leads there is walked as well: what is wrong with it is said by its name", async () => {
  const { server, check } = world();
  expect((await check({ alias: "www.example.com" })).dns).toMatchObject({
    state: "wrong",
    message: expect.stringContaining("www.example.com has no A"),
  });
  server.dns.set("www.example.com", { cname: NAME });
  expect((await check({ alias: "www.example.com" })).dns).toMatchObject({ state: "ok", message: "blog.example.com leads to 203.0.113.7." });
});

test("a proxy that was started before it had a name is known by answering at all", async () => {
  const { check, answer, inside } = world({ at: { [HERE]: { status: 204, certificate: null } } });
  expect((await check()).port.state).toBe("skipped");
  answer((visit) => (visit.path === "/" ? inside(visit) : { status: 204, certificate: null }));
  expect(states(await check())).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
});
