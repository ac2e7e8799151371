import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { newContainer } from "../machine/fake-compose.ts";
import { CommandFailed } from "../machine/machine.ts";
import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";
import { areChosen, turnTo } from "./choices.ts";
import { withCertificates } from "./site-certificates.ts";
import { driverOf } from "./drivers.ts";
import { startsAs } from "./proxy-compose.ts";
import { proxyModel } from "./proxy-model.ts";
import { readTraefik, routerFor, serversOf } from "./read-traefik.ts";
import { noteChange } from "./slots.ts";
import { findTargets } from "./targets.ts";
import { traefikCertificates } from "./traefik-certificates.ts";
import { traefikComplaint, traefikProblems } from "./traefik-log.ts";

const FOLDER = "/var/lib/appos/proxy";
const WATCHED = `${FOLDER}/config/traefik`;

/**
 * A server, and in the place of Traefik something that reads its files as read-traefik.ts says that Traefik does: of what is written when,
 * and waited for, not of Traefik.
 */
function world() {
  const server = fakeMachine();
  for (const image of ["caddy:2", "traefik:3"]) server.images.add(image);
  const web = newContainer("web", "appos-blog", "web", { image: "x", labels: { "appos.app": "app_blog" } });
  web.status.state = "running";
  server.containers.push(web);
  let taken: string[] = [];
  const it = { delay: 0, starts: [] as string[], serves: () => true, said: [] as string[], told: [] as string[][] };
  const say = (container: string) =>
    void server.logs.set(
      container,
      it.said.map((text, i) => ({ stream: "stdout", stamp: String(i), text })),
    );
  const files = () => [...server.files].flatMap(([path, text]) => (path.startsWith(`${WATCHED}/`) && path.endsWith(".yaml") ? [text] : []));
  server.onStart = ({ project, status }) => {
    if (status.image !== "traefik:3") return;
    it.starts.push(`${project}: ${files().join("")}`);
    taken = files();
  };
  server.onInside = (container, command) => {
    it.told.push([...command]);
    if (command[0] === "traefik" && !it.serves()) throw new CommandFailed("Bad healthcheck status: 404 Not Found", 1, []);
    if (container.status.image === "traefik:3") say(container.status.container);
    return [];
  };
  server.onVisit = ({ name, path, https }) => {
    const proxy = server.containers.find(({ project }) => project === "appos_proxy");
    if (!proxy) return { status: null, certificate: null };
    if (proxy.status.image === "caddy:2") return { status: 200, certificate: null };
    say(proxy.status.container);
    it.delay -= 1;
    if (it.delay < 0) taken = files();
    const http = readTraefik(taken);
    const found = routerFor({ door: https ? "websecure" : "web", host: name, path }, http);
    return { status: found ? 200 : 404, certificate: null };
  };
  const apply = (sites: object[], driver = "traefik", directory = "https://acme.test/dir") => {
    const routes = [{ app: "blog", service: "web", port: 80 }];
    const input = {
      driver,
      acme: { directory, email: null, roots: null },
      sites: sites.map((site) => ({ https: "off", routes, ...site })),
    };
    return runJob("apply-sites", input, {
      machine: server.machine,
      say: voice(() => undefined),
      signal: new AbortController().signal,
      attempt: 1,
    });
  };
  const to = (host: string) => {
    const http = readTraefik(taken);
    return serversOf(routerFor({ door: "web", host, path: "/" }, http)!.service, http);
  };
  return Object.assign(it, { server, apply, to, files, text: (name: string) => server.files.get(`${WATCHED}/${name}`) });
}
const blog = { project: "appos-blog", service: "web" };

test("what it reads once when it starts, and what it watches, are where it looks, and nothing that is still to be tried", async () => {
  const it = world();
  expect(await it.apply([{ name: "a.test" }])).toMatchObject({
    outcome: "succeeded",
    result: { sites: [{ name: "a.test", status: 200 }] },
  });
  const compose = JSON.parse(it.server.files.get(`${FOLDER}/compose.yaml`)!) as {
    services: { proxy: { command: string[]; image: string } };
  };
  const statics = [...it.server.files.keys()].filter((path) => path.includes("traefik-static-"));
  expect(compose.services.proxy).toMatchObject({
    image: "traefik:3",
    command: [`--configFile=/etc/appos-proxy/${statics[0]!.split("/").at(-1)}`],
    read_only: true,
    cap_drop: ["ALL"],
  });
  expect(statics).toHaveLength(1);
  expect(it.files()).toHaveLength(2);
  expect(it.server.files.get(`${FOLDER}/good-traefik-sites.yaml`)).toBe(it.text("sites.yaml"));
  expect([...it.server.files.keys()].some((path) => path.includes("next"))).toBe(false);
  await it.apply([]);
  expect(it.files()).toEqual([]);
});

test("a service goes over by its own file, and who has it go over waits until the proxy has read that", async () => {
  const it = world();
  const { machine } = it.server;
  await it.apply([{ name: "a.test" }, { name: "b.test", routes: [{ app: "blog", service: "web", port: 81, path: "/x" }] }]);
  expect(it.to("a.test")).toEqual(["http://appos-blog-web-1.appos-blog_default:80"]);
  const before = it.text("sites.yaml");
  await noteChange({ old: ["web"], to: "b" }, blog, machine);
  it.delay = 7;
  await turnTo("b", blog, machine);
  expect(it.delay).toBeLessThan(0);
  expect(it.to("a.test")).toEqual(["http://appos-blog-web-1-b.appos-blog_default:80"]);
  expect(it.text("sites.yaml")).toBe(before);
  // As an agent leaves it that was killed before it had told the proxy: whoever keeps it sees that.
  const { resolved } = await findTargets((await proxyModel(machine))!, machine);
  expect(await areChosen(resolved, driverOf("traefik"), machine)).toBe(true);
  await machine.files.remove(`${FOLDER}/config/live/appos-blog.web`);
  expect(await areChosen(resolved, driverOf("traefik"), machine)).toBe(false);
  await it.apply([{ name: "a.test" }]);
  expect(it.to("a.test")).toEqual(["http://appos-blog-web-1.appos-blog_default:80"]);
  await it.apply([{ name: "a.test", routes: [{ app: "gone", service: "web", port: 80 }] }]);
  expect(it.files()).toHaveLength(1);
});

test("one that does not read what it is told is told so, and what it leaves out has the one before put back", async () => {
  const it = world();
  await it.apply([{ name: "a.test" }]);
  const before = it.text("sites.yaml");
  it.delay = Infinity;
  expect(await it.apply([{ name: "a.test" }, { name: "b.test" }])).toMatchObject({
    outcome: "failed",
    error: { code: "PROXY_REFUSED", details: { step: "apply" } },
  });
  expect(it.text("sites.yaml")).toBe(before);
  it.delay = 0;
  const time = new Date(it.server.machine.now() + 600_000).toISOString();
  it.said = [JSON.stringify({ level: "error", routerName: "b.test:web/@file", error: "no valid middlewares", time })];
  expect(await it.apply([{ name: "a.test" }, { name: "b.test" }])).toMatchObject({
    outcome: "failed",
    error: { message: expect.stringContaining("b.test:web/@file: no valid middlewares") },
  });
  expect(it.text("sites.yaml")).toBe(before);
});

test("before it takes over it is tried with all that it is to serve, and asks nobody for a certificate meanwhile", async () => {
  const it = world();
  await it.apply([{ name: "a.test", https: "acme" }], "caddy");
  it.serves = () => false;
  expect(await it.apply([{ name: "a.test", https: "acme" }])).toMatchObject({
    outcome: "failed",
    error: { code: "PROXY_REFUSED", message: expect.stringContaining("The proxy stays as it was"), details: { step: "try" } },
  });
  expect(it.server.containers.find(({ project }) => project === "appos_proxy")!.status.image).toBe("caddy:2");
  it.serves = () => true;
  const { machine } = it.server;
  const kept = `${FOLDER}/config/certificates/a.test/kept.json`;
  const tried = { times: 1, at: machine.now(), problem: null, directory: "https://acme.test/dir", again: false };
  it.server.files.set(kept, JSON.stringify({ certificate: null, tried }));
  it.starts = [];
  expect(await it.apply([{ name: "a.test", https: "acme" }])).toMatchObject({ outcome: "succeeded" });
  const [trial, own] = it.starts;
  expect(trial).toMatch(/^appos_proxy_trial: /);
  expect(trial).toContain("Host(`a.test`)");
  expect(trial).not.toContain("certResolver");
  expect(own).toMatch(/^appos_proxy: .*certResolver/s);
  expect([...it.server.files.keys()].filter((path) => path.endsWith("config.json"))).toEqual([]);
  expect(await it.apply([{ name: "a.test", https: "acme" }], "caddy")).toMatchObject({ outcome: "succeeded" });
  expect(it.files()).toEqual([]);
});

test("a name is asked for while that is due, and not shown what another proxy had for it meanwhile", async () => {
  const it = world();
  const { machine } = it.server;
  const directory = "https://acme.test/dir";
  const sites = [{ name: "a.test", alias: null, https: "acme" as const, forceHttps: true, routes: [] }];
  const model = { id: "me", acme: { directory, email: null, rootsFile: null }, sites, certificates: new Map() };
  const certificate = { file: "certificates/a.test/1.pem", notBefore: 0, notAfter: machine.now() + 1_000_000, directory };
  const of = async (at: number | null, driver: "traefik" | "caddy" = "traefik") => {
    const tried = at === null ? null : { times: 1, at, problem: null, directory, again: false };
    await machine.files.write({ [`${FOLDER}/config/certificates/a.test/kept.json`]: JSON.stringify({ certificate, tried }) });
    const { certificates, asking } = await withCertificates(model, { sites: [], certificates: [] }, { driver: driverOf(driver), machine });
    return { lent: [...certificates.keys()], asking: asking && [...asking] };
  };
  expect(await of(null)).toEqual({ lent: ["a.test"], asking: [] });
  expect(await of(machine.now())).toEqual({ lent: [], asking: ["a.test"] });
  expect(await of(machine.now() - 90_000)).toEqual({ lent: ["a.test"], asking: [] });
  expect(await of(machine.now(), "caddy")).toEqual({ lent: ["a.test"], asking: undefined });
});

test("what it says of certificates and of its configuration is read in its own words", () => {
  const line = (said: object) => JSON.stringify({ level: "error", providerName: "acme.acme", time: "2026-11-22T15:00:00Z", ...said });
  const lines = [
    line({
      domains: ["a.test"],
      message: "Unable to obtain ACME certificate for domains",
      error:
        "unable to generate a certificate for the domains [a.test]: error: one or more domains had a problem:\n[a.test] acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: 192.0.2.1: Invalid response, url: \n",
    }),
    line({ message: "Error renewing certificate from ACME: {b.test []}", error: "acme: error: 429 :: too many" }),
    line({ message: "Error renewing ACME certificate: {c.test []}", error: "no" }),
    line({ message: "Cannot retrieve the ACME challenge for d.test", error: "no" }),
    "no JSON",
  ];
  expect([...traefikProblems(lines)]).toEqual([
    ["a.test", "acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: 192.0.2.1: Invalid response"],
    ["b.test", "acme: error: 429 :: too many"],
    ["c.test", "no"],
  ]);
  const at = Date.parse("2026-11-22T15:00:00.700Z");
  expect(traefikComplaint(lines, at)).toBeUndefined();
  const broken = line({ providerName: "file", message: "Error while building configuration", error: "yaml: line 3" });
  expect(traefikComplaint([...lines, broken], at)).toBe("Error while building configuration: yaml: line 3");
  expect(traefikComplaint([broken], at + 1_000)).toBeUndefined();
  const router = JSON.stringify({
    level: "error",
    routerName: "a@file",
    entryPointName: ["web"],
    error: "no",
    time: "2026-11-22T15:00:01Z",
  });
  expect(traefikComplaint([router], at)).toBe("a@file: no");
});

test("what it keeps of its certificates is found by name, whichever authority issued them", () => {
  const one = (main: string) => ({
    domain: { main },
    certificate: btoa(`chain of ${main}`),
    key: btoa(`key of ${main}`),
    Store: "default",
  });
  const texts = new Map([
    ["acme-0123.json", JSON.stringify({ acme: { Account: {}, Certificates: [one("a.test"), one("b.test")] } })],
    ["acme-4567.json", JSON.stringify({ acme: { Account: null, Certificates: null } })],
    ["acme-89ab.json", "{"],
    ["other.json", JSON.stringify({ acme: { Certificates: [one("c.test")] } })],
  ]);
  expect(traefikCertificates("a.test", texts)).toEqual([{ key: "key of a.test", chain: "chain of a.test" }]);
  expect(traefikCertificates("c.test", texts)).toEqual([]);
});

test("for another authority it is started anew, by another file", async () => {
  const it = world();
  const { machine } = it.server;
  await it.apply([{ name: "a.test" }]);
  const before = (await proxyModel(machine))!;
  const compose = () => machine.files.read(`${FOLDER}/compose.yaml`);
  const { resolved } = await findTargets(before, machine);
  expect(startsAs(await compose(), driverOf("traefik"), resolved)).toBe(true);
  expect(startsAs(await compose(), driverOf("caddy"), resolved)).toBe(false);
  const other = { ...resolved, acme: { ...resolved.acme, directory: "https://other.test/dir" } };
  expect(startsAs(await compose(), driverOf("traefik"), other)).toBe(false);
  it.starts = [];
  await it.apply([{ name: "a.test" }]);
  expect(it.starts).toEqual([]);
  await it.apply([{ name: "a.test" }], "traefik", "https://other.test/dir");
  expect(it.starts).toHaveLength(1);
  expect([...it.server.files.keys()].filter((path) => path.includes("traefik-static-"))).toHaveLength(1);
});
