import fc from "fast-check";
import { expect, test } from "vitest";
import { caddyPlaces, renderCaddy } from "./caddy.ts";
import { anyModel, isModel } from "./fake-models.ts";
import { byPrecision, certifiedNames, namesOf } from "./resolved.ts";

interface Route {
  match?: { host?: string[]; path?: string[]; file?: { try_files: string[] } }[];
  handle: { handler: string; routes?: Route[]; upstreams?: { dial: string }[]; headers?: { Location?: string[] }; status_code?: unknown }[];
}
interface Policy {
  match?: { sni: string[] };
  certificate_selection?: { any_tag: string[] };
}
interface Config {
  apps: {
    http: { servers: Record<"http" | "https", { routes: Route[]; tls_connection_policies?: Policy[] } | undefined> };
    tls?: { certificates: { automate?: string[]; load_files?: { certificate: string; key: string; tags?: string[] }[] } };
  };
}
const rendered = (model: Parameters<typeof renderCaddy>[0]) => JSON.parse(renderCaddy(model)) as Config;

const dials = ({ upstreams }: Route["handle"][number]) => upstreams?.map(({ dial }) => dial) ?? [];
const choice = ({ match, handle: [to] }: Route) => [match?.[0]?.file?.try_files[0], dials(to!)];

/** Where a server's routes lead, host by host. */
const leads = (routes: Route[] = []) =>
  new Map(
    routes.flatMap(({ match, handle }) =>
      (match?.[0]?.host ?? []).map((host) => [
        host,
        handle
          .at(-1)!
          .routes?.slice(0, -1)
          .map(({ match, handle: [to] }) => [match?.[0]?.path?.[0] ?? "/", to!.routes ? to!.routes.map(choice) : [dials(to!)]]) ??
          handle[0]?.headers?.Location?.[0],
      ]),
    ),
  );

const dialled = (upstreams: { host: string; port: number }[]) => upstreams.map(({ host, port }) => `${host}:${port}`);

test("what is rendered says exactly what was asked for", () => {
  fc.assert(
    fc.property(anyModel, (model) => {
      const { http, tls } = rendered(model).apps;
      expect(tls?.certificates.automate ?? []).toEqual(certifiedNames(model));
      const loaded = (tls?.certificates.load_files ?? []).map(({ certificate, key }) => [certificate, key]);
      const files = [...new Set(model.certificates.values())].map((file) => `${caddyPlaces.shared}/${file}`);
      expect(loaded).toEqual(files.map((file) => [file, file]));
      const policies = http.servers.https?.tls_connection_policies ?? [];
      const tagOf = (name: string) => policies.find(({ match }) => match?.sni.includes(name) ?? true)?.certificate_selection?.any_tag;
      const fileOf = (tags: string[] | undefined) =>
        tags && tls!.certificates.load_files!.flatMap((each) => (each.tags?.some((tag) => tags.includes(tag)) ? each.certificate : []));
      for (const site of model.sites.filter(({ https }) => https !== "off"))
        for (const name of namesOf(site))
          expect(fileOf(tagOf(name))).toEqual(
            site.https === "acme" ? undefined : [`${caddyPlaces.shared}/${model.certificates.get(name)}`],
          );
      const [plain, secure] = [leads(http.servers.http?.routes), leads(http.servers.https?.routes)];
      for (const { name, alias, https, forceHttps, routes } of model.sites) {
        const wanted = byPrecision(routes).map(({ path, upstreams, beside }) => [
          path,
          beside
            ? [
                [beside.file, dialled(beside.upstreams)],
                [undefined, dialled(upstreams)],
              ]
            : [dialled(upstreams)],
        ]);
        if (https !== "off") expect(secure.get(name)).toEqual(wanted);
        else expect(secure.has(name)).toBe(false);
        expect(plain.get(name)).toEqual(https !== "off" && forceHttps ? "https://{http.request.host}{http.request.uri}" : wanted);
        const to = `${https !== "off" ? "https" : "http"}://${name}{http.request.uri}`;
        if (alias !== null && !(https !== "off" && forceHttps)) expect(plain.get(alias)).toBe(to);
      }
    }),
  );
});

test("what is more precise is asked first, and nothing answers for what nobody has", () => {
  const routes = ["/", "/api/v1", "/api"].map((path) => ({ path, upstreams: [], beside: null }));
  const model = {
    id: "me",
    acme: { directory: "https://acme.test/dir", email: null, rootsFile: null },
    sites: [],
    certificates: new Map(),
  };
  const config = rendered({ ...model, sites: [{ name: "a.test", https: "off", forceHttps: true, alias: null, routes }] });
  const [, own, unknown] = config.apps.http.servers.http!.routes;
  expect(own!.handle[0]!.routes!.map(({ match }) => match?.[0]?.path)).toEqual([
    ["/api/v1", "/api/v1/*"],
    ["/api", "/api/*"],
    undefined,
    undefined,
  ]);
  expect(unknown!.handle[0]).toMatchObject({ handler: "static_response", status_code: 404 });
  expect(config.apps.http.servers.https).toBeUndefined();
});

test("what is proven in the DNS is asked for by nobody here: over HTTP until it is there, then with that certificate and no other", () => {
  const routes = [{ path: "/", upstreams: [{ host: "web", port: 80 }], beside: null }];
  const acme = { directory: "https://acme.test/dir", email: null, rootsFile: null };
  const site = { name: "a.test", https: "acme", dnsProviderId: "dns_1", forceHttps: true, alias: "www.a.test", routes } as const;
  const withFiles = (...names: string[]) => {
    const certificates = new Map(names.map((name) => [name, `certificates/${name}/0.pem`]));
    const { http, tls } = rendered({ id: "me", acme, sites: [{ ...site, routes }], certificates }).apps;
    const [plain, secure] = [http.servers.http, http.servers.https].map((server) => leads(server?.routes));
    const location = (name: string) =>
      http.servers.http!.routes.find(({ match }) => match?.[0]?.host?.includes(name))!.handle[0]!.headers?.Location?.[0];
    const policies = http.servers.https?.tls_connection_policies?.flatMap(({ match }) => match?.sni ?? []);
    return { tls, plain: plain!.get("a.test"), secure: secure!.get("a.test"), location, policies };
  };
  const none = withFiles();
  expect([none.tls, none.plain, none.secure]).toEqual([undefined, [["/", [["web:80"]]]], undefined]);
  expect(none.location("www.a.test")).toBe("http://a.test{http.request.uri}");
  const one = withFiles("a.test");
  expect([one.plain, one.secure]).toEqual(["https://a.test{http.request.uri}", [["/", [["web:80"]]]]]);
  expect(one.location("www.a.test")).toBe("https://a.test{http.request.uri}");
  const both = withFiles("a.test", "www.a.test");
  expect(both.location("www.a.test")).toBe("https://{http.request.host}{http.request.uri}");
  expect(both.policies).toEqual(["a.test", "www.a.test"]);
  expect(both.tls!.certificates).toEqual({
    load_files: [expect.objectContaining({ tags: ["a.test"] }), expect.objectContaining({ tags: ["www.a.test"] })],
  });
});

test("no attack comes as far as a renderer", () => {
  const route = { path: "/", app: "blog", service: "web", port: 80 };
  const site = { name: "a.test", https: "off", routes: [route] };
  expect(isModel([site])).toBe(true);
  for (const name of [
    "a.test; } server {",
    'a.test {\n respond "PWN"\n}',
    "a.test`) || Host(`b.test",
    "*.test",
    "_",
    "127.0.0.1",
    "a.test\r\nX: y",
  ])
    expect(isModel([{ ...site, name }]), name).toBe(false);
  for (const path of ["/../", "/%2e%2e/", "//x", "/a;b", "/^(a+)+$", "/{http.request.uri}", "/$host", "/a b", "/a\n"])
    expect(isModel([{ ...site, routes: [{ ...route, path }] }]), path).toBe(false);
  for (const target of [
    { app: "../etc" },
    { app: "127.0.0.1:2375" },
    { app: "http://169.254.169.254" },
    { port: 0 },
    { port: 65_536 },
    { host: "unix//x" },
  ])
    expect(isModel([{ ...site, routes: [{ ...route, ...target }] }]), JSON.stringify(target)).toBe("host" in target);
});

interface Option {
  handler: string;
  max_size?: number;
  routes?: { match?: unknown; handle: Option[] }[];
  providers?: { http_basic: { accounts: { username: string; password: string }[] } };
  response?: { set: Record<string, string[]>; delete?: string[] };
}
const all = (options: Option[]): Option[] => options.flatMap((each) => [each, ...all(each.routes?.flatMap(({ handle }) => handle) ?? [])]);

test("what a site is told besides where it leads stands before all of its paths, and before those of no other", () => {
  fc.assert(
    fc.property(anyModel, (model) => {
      const { servers } = rendered(model).apps.http;
      for (const { name, https, forceHttps, headers = [], hsts, access, maxBodyMb, compress } of model.sites)
        for (const [kind, server] of Object.entries(servers)) {
          const own = server?.routes.find(({ match }) => match?.[0]?.host?.[0] === name);
          const isServed = https === "off" ? kind === "http" : kind === "https" || !forceHttps;
          if (!isServed) continue;
          const before = own!.handle.slice(0, -1) as unknown as Option[];
          const inside = all(before);
          const accounts = inside.flatMap(({ providers }) => providers?.http_basic.accounts ?? []);
          expect(accounts.map(({ username, password }) => [username, atob(password)])).toEqual(
            access?.users.map((user) => [user.name, user.hash]) ?? [],
          );
          const ranges = /"not":\[{"remote_ip":{"ranges":(\[[^\]]*\])/.exec(JSON.stringify(before))?.[1];
          expect(JSON.parse(ranges ?? "[]")).toEqual(access?.networks ?? []);
          expect(inside.find(({ handler }) => handler === "request_body")?.max_size).toBe(maxBodyMb && maxBodyMb * 2 ** 20);
          expect(before.some(({ handler }) => handler === "encode")).toBe(compress === true);
          const { set = {}, delete: gone = [] } = before.find(({ handler }) => handler === "headers")?.response ?? {};
          const strict = hsts && kind === "https" ? [["Strict-Transport-Security", "max-age=31536000"]] : [];
          const kept = headers.filter(({ value }) => value !== "").map((each) => [each.name, each.value]);
          expect(Object.entries(set).map(([header, [value]]) => [header, value])).toEqual([...kept, ...strict]);
          expect(gone).toEqual(headers.filter(({ value }) => value === "").map((each) => each.name));
        }
    }),
  );
});
