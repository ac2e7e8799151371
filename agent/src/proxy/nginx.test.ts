import fc from "fast-check";
import { expect, test } from "vitest";
import { anyModel } from "./fake-models.ts";
import { nginxMark, nginxPlaces, renderNginx } from "./nginx.ts";
import { hostName, quoted, serverName, token } from "./nginx-text.ts";
import { all, type Directive, one, readNginx } from "./read-nginx.ts";
import type { Resolved, ResolvedRoute, Upstream } from "./resolved.ts";

const rendered = (model: Resolved) => all("http", readNginx(renderNginx(model)))[0]!.inner;

/** What a variable may stand for, in the order that one request would see. */
function values(word: string, http: Directive[]): string[] {
  const split = all("split_clients", http).find(({ words }) => words[2] === word);
  return split ? split.inner.map(({ words }) => words[1]!) : word === "" ? [] : [word];
}

/** To which containers a location leads, as long as the file is there and otherwise. */
function leads(inner: Directive[], http: Directive[]) {
  const first = (within: Directive[]) => all("set", within).find(({ words }) => words[1] === "$appos_first")?.words[2];
  const isFile = all("if", inner).find(({ words }) => words[1] === "(-f");
  return {
    usual: one("return", inner) === "503" ? [] : values(first(inner)!, http),
    beside: isFile ? { file: isFile.words[2], to: values(first(isFile.inner)!, http) } : null,
  };
}

const dialled = (upstreams: Upstream[]) => upstreams.map(({ host, port }) => `${host}:${port}`);
const wanted = ({ upstreams, beside }: ResolvedRoute) => ({
  usual: dialled(upstreams),
  beside: beside && { file: `${nginxPlaces.live}/${beside.file})`, to: dialled(beside.upstreams) },
});

/** The servers of a name, over HTTP and over HTTPS. */
function serversOf(name: string, http: Directive[]) {
  const own = all("server", http).filter(
    ({ inner }) => one("server_name", inner) === serverName(name) && !one("ssl_reject_handshake", inner),
  );
  const [plain, secure] = [false, true].map((tls) => own.filter(({ inner }) => one("listen", inner)!.startsWith("443") === tls));
  return { plain: plain!.map(({ inner }) => inner), secure: secure!.map(({ inner }) => inner) };
}
const location = (at: string, server: Directive[]) => all("location", server).find(({ words }) => words.slice(1).join(" ") === at)?.inner;

test("what is rendered says exactly what was asked for", () => {
  fc.assert(
    fc.property(anyModel, (model) => {
      const http = rendered(model);
      for (const { name, alias, https, forceHttps, routes } of model.sites) {
        const { plain, secure } = serversOf(name, http);
        const certificate = https === "off" ? undefined : model.certificates.get(name);
        expect([plain.length, secure.length]).toEqual([1, certificate === undefined ? 0 : 1]);
        const serving = [
          ...(certificate === undefined || !forceHttps ? [plain[0]!] : []),
          ...(certificate === undefined ? [] : [secure[0]!]),
        ];
        for (const server of serving) {
          for (const route of routes) {
            const places = route.path === "/" ? ["/"] : [`= ${route.path}`, `${route.path}/`];
            for (const at of places) expect(leads(location(at, server)!, http), at).toEqual(wanted(route));
          }
          if (!routes.some(({ path }) => path === "/")) expect(one("return", location("/", server)!)).toBe("404 $appos_unknown_page");
        }
        const isAsked = location("/.well-known/acme-challenge/", plain[0]!) !== undefined;
        expect(isAsked).toBe(https === "acme");
        if (certificate !== undefined) {
          expect(one("ssl_certificate_key", secure[0]!)).toBe(`${nginxPlaces.shared}/${certificate}`);
          if (forceHttps) expect(one("return", location("/", plain[0]!)!)).toBe("308 https://$host$request_uri");
        }
        if (alias !== null) {
          const to = `308 ${certificate === undefined ? "http" : "https"}://${name}$request_uri`;
          const isSecure = https !== "off" && model.certificates.has(alias);
          expect(one("return", location("/", serversOf(alias, http).plain[0]!)!)).toBe(
            isSecure && forceHttps ? "308 https://$host$request_uri" : to,
          );
        }
      }
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

test("of several containers each request has another order", () => {
  const upstreams = ["a", "b", "c", "d"].map((host) => ({ host, port: 80 }));
  const http = rendered(model([route("/", upstreams)]));
  expect(all("split_clients", http).map(({ inner }) => inner.map(({ words }) => words.join(" ")))).toEqual([
    ["25.00% a:80", "25.00% b:80", "25.00% c:80", "* d:80"],
    ["25.00% b:80", "25.00% c:80", "25.00% d:80", "* a:80"],
    ["25.00% c:80", "25.00% d:80", "25.00% a:80", "* b:80"],
  ]);
});

test("what is AppOS's own comes before what an app would have there", () => {
  const own = ["/.well-known/appos", "/.well-known/acme-challenge", "/.well-known/acme-challenge/x"].map((path) => route(path));
  const [server] = serversOf("a.test", rendered(model(own, { https: "acme" }))).plain;
  const places = all("location", server!).map(({ words }) => words.slice(1).join(" "));
  expect(new Set(places).size).toBe(places.length);
  expect(one("return", location("= /.well-known/appos", server!)!)).toBe("204");
  expect(one("alias", location("/.well-known/acme-challenge/", server!)!)).toBe(`${nginxPlaces.challenges}/`);
});

test("another configuration has another mark, the same one the same", () => {
  const [one, same, other] = [model([route("/a")]), model([route("/a")]), model([route("/b")])].map(renderNginx);
  expect(nginxMark(one!)).toMatch(/^\/\.well-known\/appos\/[0-9a-f]{16}$/);
  expect(nginxMark(one!)).toBe(nginxMark(same!));
  expect(nginxMark(one!)).not.toBe(nginxMark(other!));
});

test("nothing that nginx would read as more comes into its configuration", () => {
  const attacks = ["a; } server {", "a b", "a\nb", "$host", "a{", "'", '"', "\\", "a`) || Host(`b", "", "a#", "é", "a\0"];
  for (const attack of attacks) {
    expect(() => token(attack), attack).toThrow();
    expect(() => hostName(attack), attack).toThrow();
    expect(() => renderNginx(model([route("/")], { name: attack })), attack).toThrow();
    if (attack !== "") expect(() => renderNginx(model([route(`/${attack}`)])), attack).toThrow();
    expect(() => renderNginx(model([route("/", [{ host: attack, port: 80 }])]))).toThrow();
    expect(() => renderNginx(model([route("/", [], { file: attack, upstreams: [] })]))).toThrow();
  }
  for (const pattern of ["*.test", ".test", "~^a", "_", "-", "a.", "A.test"]) expect(() => hostName(pattern), pattern).toThrow();
  expect(() => quoted("it's")).toThrow();
});
