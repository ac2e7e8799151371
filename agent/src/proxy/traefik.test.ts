import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { askedFor, isWildcard } from "@appos/shared/wildcards";
import { anyModel, isModel } from "./fake-models.ts";
import { without } from "./networks.ts";
import { readTraefik, routerFor, serversOf, Static } from "./read-traefik.ts";
import { certifiedNames, type Resolved, type ResolvedRoute, type Upstream } from "./resolved.ts";
import { bothChoices, choiceFile, traefikChoices } from "./traefik-choices.ts";
import { renderTraefik, traefikMark } from "./traefik.ts";
import { traefikPlaces, traefikStatic } from "./traefik-static.ts";
import { fileText, ofAnyBelow, ofHost, word } from "./traefik-text.ts";

const files = (model: Resolved, live: string[] = []) => [renderTraefik(model), ...Object.values(traefikChoices(model, new Set(live)))];
const dialled = (upstreams: Upstream[]) => upstreams.map(({ host, port }) => `http://${host}:${port}`);
/** Each service can go over, or not, whichever path leads there: what random models make of it is no service's. */
const anySound = anyModel.map((model) => ({
  ...model,
  sites: model.sites.map((site, i) => ({
    ...site,
    routes: site.routes.map((route, j) => ({
      ...route,
      beside: route.beside && { ...route.beside, file: `${route.beside.file}-${i}-${j}` },
    })),
  })),
}));

test("what is rendered says exactly what was asked for, and all of it is what Traefik takes", () => {
  fc.assert(
    fc.property(anySound, fc.boolean(), (model, hasGoneOver) => {
      const live = hasGoneOver ? model.sites.flatMap(({ routes }) => routes.flatMap(({ beside }) => beside?.file ?? [])) : [];
      const http = readTraefik(files(model, live));
      const taken = (door: string, host: string, path: string) => routerFor({ door, host, path }, http);
      for (const { name: given, alias, https, forceHttps, routes } of model.sites) {
        const name = askedFor(given);
        const isForced = https !== "off" && forceHttps;
        const doors = https === "off" ? ["web"] : isForced ? ["websecure"] : ["web", "websecure"];
        if (https === "off") expect(taken("websecure", name, "/")).toBeUndefined();
        for (const door of doors) {
          for (const { path, upstreams, beside } of routes) {
            const wanted = dialled(hasGoneOver && beside ? beside.upstreams : upstreams);
            for (const asked of path === "/" ? ["/", "/x"] : [path, `${path}/x`]) {
              const isOwn = routes.every(
                (other) => other.path === path || !`${asked}/`.startsWith(`${other.path}/`) || other.path.length < path.length,
              );
              if (isOwn) expect(serversOf(taken(door, name, asked)!.service, http), `${name}${asked}`).toEqual(wanted);
            }
            const others = [`x.${name}`, ...(isWildcard(given) ? [] : [`not-${name}`])];
            for (const other of others) expect(taken(door, other, path)?.service).not.toBe(taken(door, name, path)!.service);
          }
          const others = taken(door, name, "/none-has-this");
          if (!routes.some(({ path }) => path === "/")) expect(others).toBeUndefined();
          expect(taken(door, name, "/")?.tls !== undefined || door === "web" || others === undefined).toBe(true);
        }
        for (const each of [name, ...(alias === null ? [] : [alias])])
          if (isForced) expect(taken("web", each, "/x")).toMatchObject({ middlewares: ["to-https"], service: "noop@internal" });
        if (alias !== null) {
          const { middlewares } = taken(doors[0]!, alias, "/x")!;
          expect(http.middlewares[middlewares![0]!]).toMatchObject({
            redirectRegex: { replacement: `${https === "off" ? "http" : "https"}://${name}\${1}`, permanent: true },
          });
        }
      }
    }),
  );
});

test("a path leads to what has the longest part of it, in whole parts", () => {
  const routes = ["/", "/api/v1", "/api"].map((path, i) => route(path, [{ host: `h${i}`, port: 80 }]));
  const http = readTraefik(files(model(routes)));
  const to = (path: string) => serversOf(routerFor({ door: "web", host: "a.test", path }, http)!.service, http)[0];
  expect(["/", "/apis", "/api", "/api/v", "/api/v1", "/api/v1/x", "/api/v11"].map(to)).toEqual(
    ["h0", "h0", "h2", "h2", "h1", "h1", "h2"].map((host) => `http://${host}:80`),
  );
});

test("what a site is told besides where it leads stands before all of its paths, and before those of no other", () => {
  fc.assert(
    fc.property(anySound, (model) => {
      const http = readTraefik(files(model));
      for (const { name, routes, headers = [], hsts, access, maxBodyMb, compress } of model.sites)
        for (const { rule, entryPoints, middlewares = [] } of Object.values(http.routers)) {
          const host = isWildcard(name) ? ofAnyBelow(name, []) : ofHost(name);
          if (!rule.startsWith(`${host} `) && rule !== host) continue;
          if (middlewares[0] === "to-https") continue;
          const all = middlewares.map((each) => http.middlewares[each]!);
          const kinds = all.map((each) => Object.keys(each)[0]!);
          const order = ["headers", "ipAllowList", "basicAuth", "buffering", "compress", "headers", "retry"];
          const strict = hsts && entryPoints[0] === "websecure" ? [["Strict-Transport-Security", "max-age=31536000"]] : [];
          const told = [...headers.map((each) => [each.name, each.value]), ...strict];
          const has = [told.length > 0, access?.networks.length, access?.users.length, maxBodyMb !== undefined, compress, true, true];
          expect(kinds).toEqual(order.filter((_, i) => has[i]));
          const of = <K extends string>(kind: K) => all.find((each) => kind in each) as Record<K, never> | undefined;
          if (told.length > 0) expect(all[0]).toEqual({ headers: { customResponseHeaders: Object.fromEntries(told) } });
          expect((of("basicAuth")?.["basicAuth"] as { users?: string[] } | undefined)?.users ?? []).toEqual(
            access?.users.map((user) => `${user.name}:${user.hash}`) ?? [],
          );
          if (access && access.networks.length > 0) {
            const left = without(access.networks, model.unseen ?? []);
            expect(of("ipAllowList")!["ipAllowList"]).toEqual({ sourceRange: left.length > 0 ? left : ["255.255.255.255/32"] });
          }
          if (maxBodyMb !== undefined) expect(of("buffering")!["buffering"]).toEqual({ maxRequestBodyBytes: maxBodyMb * 2 ** 20 });
          expect(routes.length).toBeGreaterThan(0);
        }
    }),
  );
});

test("it asks for the names that it is told to ask for, each for itself, and shows what it is lent for the others", () => {
  fc.assert(
    fc.property(anySound, fc.infiniteStream(fc.boolean()), (model, chosen) => {
      const names = certifiedNames(model);
      const asking = new Set(names.filter(() => chosen.next().value));
      const text = renderTraefik({ ...model, asking });
      const { routers } = readTraefik([text, ...files(model).slice(1)]);
      const asked = Object.values(routers).flatMap(({ tls }) =>
        tls?.certResolver === "acme" ? [tls.domains!.map(({ main }) => main)] : [],
      );
      expect(new Set(asked.flat())).toEqual(asking);
      expect(asked.every((each) => each.length === 1)).toBe(true);
      const { tls } = parse(text) as { tls: { certificates?: { certFile: string }[] } };
      expect(tls.certificates?.map(({ certFile }) => certFile) ?? []).toEqual(
        [...new Set(model.certificates.values())].map((file) => `${traefikPlaces.shared}/${file}`),
      );
    }),
  );
});

const route = (path: string, upstreams: Upstream[] = [], beside: ResolvedRoute["beside"] = null): ResolvedRoute => ({
  path,
  upstreams,
  beside,
});
const model = (routes: ResolvedRoute[], more: object = {}): Resolved => ({
  id: "me",
  acme: { directory: "https://acme.test/dir", email: null, rootsFile: null },
  certificates: new Map(),
  sites: [{ name: "a.test", https: "off", forceHttps: true, alias: null, routes, ...more }],
});

test("what is proven in the DNS is served over HTTP until its certificate is there, and nobody here asks for it", () => {
  const site = { https: "acme", dnsProviderId: "dns_1", alias: "www.a.test" };
  const withFiles = (...names: string[]) => {
    const certificates = new Map(names.map((name) => [name, `certificates/${name}/0.pem`]));
    const http = readTraefik(files({ ...model([route("/")], site), certificates }));
    const taken = (door: string, host: string) => routerFor({ door, host, path: "/" }, http);
    return { http, taken };
  };
  const none = withFiles();
  expect([none.taken("websecure", "a.test"), none.taken("web", "a.test")!.middlewares]).toEqual([undefined, ["visitor", "retry"]]);
  const one = withFiles("a.test");
  expect(one.taken("web", "a.test")!.middlewares).toEqual(["to-https"]);
  const [to] = one.taken("web", "www.a.test")!.middlewares!;
  expect(one.http.middlewares[to!]).toMatchObject({ redirectRegex: { replacement: "https://a.test${1}" } });
  expect(one.taken("websecure", "www.a.test")).toBeUndefined();
  const both = withFiles("a.test", "www.a.test");
  expect(both.taken("web", "www.a.test")!.middlewares).toEqual(["to-https"]);
  for (const name of ["a.test", "www.a.test"]) expect(both.taken("websecure", name)!.tls).toEqual({});
});

test("what is AppOS's own comes before what an app would have there, for whichever name", () => {
  const http = readTraefik(files(model([route("/.well-known/appos")], { https: "acme", forceHttps: false })));
  for (const door of ["web", "websecure"])
    for (const host of ["a.test", "b.test"]) {
      const { service, middlewares } = routerFor({ door, host, path: "/.well-known/appos" }, http)!;
      expect([service, middlewares]).toEqual(["ping@internal", ["who"]]);
    }
  expect(http.middlewares["who"]).toMatchObject({ headers: { customResponseHeaders: { "appos-proxy": "me" } } });
  const { headers } = http.middlewares["visitor"] as { headers: { customRequestHeaders: Record<string, string> } };
  expect(headers.customRequestHeaders).toMatchObject({ Forwarded: "", X_Forwarded_For: "", "X-Forwarded_For": "", "X_Real-Ip": "" });
  expect(headers.customRequestHeaders).not.toHaveProperty("X-Forwarded-For");
  expect(routerFor({ door: "own", host: "127.0.0.1:8000", path: "/ping" }, http)!.service).toBe("ping@internal");
  // A proxy without sites is one too.
  expect(readTraefik([renderTraefik({ ...model([]), sites: [] })]).services).toEqual({});
});

test("another configuration has another mark, the same one the same", () => {
  const [one, same, other] = [model([route("/a")]), model([route("/a")]), model([route("/b")])].map(renderTraefik);
  expect(traefikMark(one!)).toMatch(/^\/\.well-known\/appos\/[0-9a-f]{16}$/);
  expect(traefikMark(one!)).toBe(traefikMark(same!));
  expect(traefikMark(one!)).not.toBe(traefikMark(other!));
  const http = readTraefik([one!]);
  expect(routerFor({ door: "web", host: "localhost", path: traefikMark(one!) }, http)!.service).toBe("ping@internal");
});

test("to go over is another text of one file, and whoever goes by the former configuration finds what it speaks of", () => {
  const to = (host: string) => ({ host, port: 80 });
  const beside = { file: "appos-blog.web", upstreams: [to("web-b")] };
  const before = model([route("/", [to("web")], beside)]);
  const serving = (of: Resolved, texts: string[]) => {
    const http = readTraefik([renderTraefik(of), ...texts]);
    return serversOf(routerFor({ door: "web", host: "a.test", path: "/" }, http)!.service, http);
  };
  const name = choiceFile("appos-blog.web");
  const [a, b] = [traefikChoices(before, new Set())[name]!, traefikChoices(before, new Set(["appos-blog.web"]))[name]!];
  expect([serving(before, [a]), serving(before, [b])]).toEqual([["http://web:80"], ["http://web-b:80"]]);
  expect(traefikMark(a)).not.toBe(traefikMark(b));
  // Two containers from now on: the former configuration goes on until the next one is read.
  const after = model([route("/", [to("web"), to("web-2")], { ...beside, upstreams: [to("web-b"), to("web-2-b")] })]);
  const both = bothChoices(traefikChoices(after, new Set(["appos-blog.web"]))[name]!, b);
  expect(serving(before, [both])).toEqual(["http://web-b:80"]);
  expect(serving(after, [both])).toEqual(["http://web-b:80", "http://web-2-b:80"]);
  expect(() => serving(after, [b])).toThrow("There is no service");
  // Who turned back meanwhile is told so too.
  expect(serving(before, [bothChoices(a, b)])).toEqual(["http://web:80"]);
});

test("what it reads when it starts has another name for another authority, and its own place for what that issued", () => {
  const acme = { directory: "https://acme.test/dir", email: "ada@example.org", rootsFile: "acme-roots-1.pem" };
  const first = traefikStatic({ acme });
  const read = Static.parse(parse(first.text));
  expect(read.certificatesResolvers["acme"]!.acme).toMatchObject({
    caServer: acme.directory,
    email: acme.email,
    caCertificates: ["/etc/appos-proxy/acme-roots-1.pem"],
  });
  expect(read.providers.file.directory).toBe("/etc/appos-proxy/traefik");
  const other = traefikStatic({ acme: { ...acme, directory: "https://other.test/dir", email: null, rootsFile: null } });
  expect(other.name).not.toBe(first.name);
  const storage = (text: string) => Static.parse(parse(text)).certificatesResolvers["acme"]!.acme.storage;
  expect(storage(other.text)).not.toBe(storage(first.text));
  expect(storage(traefikStatic({ acme: { ...acme, email: null } }).text)).toBe(storage(first.text));
});

test("nothing that Traefik would read as more comes into its configuration", () => {
  const attacks = ["a; } server {", "a b", "a\nb", "a`", "a`) || Host(`b.test", "`", "{{ env `X` }}", "{{", "a@internal", "", "é", "a\0"];
  for (const attack of attacks) {
    expect(() => word(attack), attack).toThrow();
    expect(() => ofHost(attack), attack).toThrow();
    expect(() => renderTraefik(model([route("/")], { name: attack })), attack).toThrow();
    if (attack !== "") expect(() => renderTraefik(model([route(`/${attack}`)])), attack).toThrow();
    expect(() => renderTraefik(model([route("/", [{ host: attack, port: 80 }])]))).toThrow();
    expect(() => traefikChoices(model([route("/", [], { file: attack, upstreams: [] })]), new Set())).toThrow();
  }
  for (const pattern of ["*.test", ".test", "-", "a.", "A.test", "a.test:80"]) expect(() => ofHost(pattern), pattern).toThrow();
  expect(() => fileText({ a: "{{ env }}" })).toThrow();
  const site = { name: "a.test", https: "off", routes: [{ path: "/", app: "blog", service: "web", port: 80 }] };
  for (const value of ["{{ env `HOME` }}", "$host", "`"])
    expect(isModel([{ ...site, headers: [{ name: "X-A", value }] }]), value).toBe(value === "`");
});
