import fc from "fast-check";
import { expect, test } from "vitest";
import { askedFor, isWildcard, wildcardOf } from "@appos/shared/wildcards";
import { fakeMachine } from "../machine/fake-machine.ts";
import { renderCaddy } from "./caddy.ts";
import { anyModel } from "./fake-models.ts";
import { internalFiles } from "./internal-authority.ts";
import { renderNginx } from "./nginx.ts";
import { patternOf, serverName } from "./nginx-text.ts";
import { all, one, readNginx } from "./read-nginx.ts";
import { readTraefik, routerFor } from "./read-traefik.ts";
import { namesOf, type Resolved } from "./resolved.ts";
import { traefikChoices } from "./traefik-choices.ts";
import { renderTraefik } from "./traefik.ts";
import { ofHost } from "./traefik-text.ts";
import { visitAll } from "./probes.ts";

/** Each says by which name of the model it serves a host over HTTP or HTTPS, in its own way of finding that. */
type Finds = (model: Resolved, secure: boolean) => (host: string, path: string) => string | undefined;

interface Hosts {
  host?: string[];
  not?: { host: string[] }[];
}
/** Caddy takes the first whose matchers all fit, where a star is one label. */
const byCaddy: Finds = (model, secure) => {
  const { servers } = JSON.parse(renderCaddy(model)).apps.http as Record<"servers", Record<string, { routes: { match?: Hosts[] }[] }>>;
  const fits = (pattern: string, host: string) => pattern === host || pattern === wildcardOf(host);
  return (host) => {
    const taken = servers[secure ? "https" : "http"]?.routes.find(({ match }) =>
      match?.some((each) => each.host?.some((one) => fits(one, host)) && !each.not?.some((not) => not.host.some((one) => fits(one, host)))),
    );
    return taken?.match![0]!.host!.find((pattern) => fits(pattern, host));
  };
};

/** nginx looks for the name first, and then for the first expression that fits. */
const byNginx: Finds = (model, secure) => {
  const http = all("http", readNginx(renderNginx(model)))[0]!.inner;
  const servers = all("server", http).filter(({ inner }) => one("listen", inner)!.startsWith("443") === secure);
  const named = (is: (name: string) => boolean) => servers.find(({ inner }) => is(one("server_name", inner) ?? ""));
  const patterns = new Map(model.sites.map(({ name }) => [serverName(name), name]));
  return (host) => {
    const found = named((name) => name === host) ?? named((name) => name.startsWith("~") && new RegExp(name.slice(1)).test(host));
    if (!found || one("ssl_reject_handshake", found.inner) === "on") return undefined;
    const name = one("server_name", found.inner)!;
    return patterns.get(name) ?? name;
  };
};

const byTraefik: Finds = (model, secure) => {
  const http = readTraefik([renderTraefik(model), ...Object.values(traefikChoices(model, new Set()))]);
  return (host, path) => {
    const rule = routerFor({ door: secure ? "websecure" : "web", host, path }, http)?.rule;
    return rule === undefined ? undefined : rule.startsWith(ofHost(host)) ? host : wildcardOf(host);
  };
};

/** What goes over is no matter here, and random models have two of one name. */
const anySites = anyModel.map((model) => ({
  ...model,
  sites: model.sites.map((site) => ({ ...site, routes: site.routes.map((route) => ({ ...route, beside: null })) })),
}));

test.each([
  ["Caddy", byCaddy],
  ["nginx", byNginx],
  ["Traefik", byTraefik],
])("with %s a wildcard is one label, and never a name that is a site's own, whatever that one has not", (kind, finds) => {
  fc.assert(
    fc.property(anySites, fc.boolean(), (model, secure) => {
      const find = finds(model, secure);
      const owner = new Map(model.sites.flatMap((site) => namesOf(site).map((name) => [name, site] as const)));
      /** nginx serves nothing over HTTPS before it has a certificate. */
      const isThere = (name: string) => !secure || (owner.get(name)!.https !== "off" && (kind !== "nginx" || model.certificates.has(name)));
      const known = [...owner.keys()];
      const hosts = known.flatMap((name) => [name, `x.${name}`, `x.y.${name}`, ...(isWildcard(name) ? [name.slice(2)] : [])]);
      for (const host of hosts.map(askedFor).filter((each) => !each.includes("*"))) {
        const wanted = owner.has(host) ? host : owner.has(wildcardOf(host)!) ? wildcardOf(host)! : undefined;
        const served = wanted !== undefined && isThere(wanted) ? wanted : undefined;
        const paths = wanted === undefined ? [] : owner.get(wanted)!.routes.map(({ path }) => path);
        for (const path of paths) expect(find(host, path), `${host}${path}`).toBe(served);
        expect([served, undefined], host).toContain(find(host, "/none-has-this"));
      }
    }),
  );
});

test("with Caddy the name of a site is shown its own certificate, and not the wildcard's", () => {
  fc.assert(
    fc.property(anySites, (model) => {
      const { servers } = JSON.parse(renderCaddy(model)).apps.http;
      const policies: { match?: { sni: string[] }; certificate_selection?: { any_tag: string[] } }[] =
        servers.https?.tls_connection_policies ?? [];
      for (const site of model.sites.filter(({ https }) => https !== "off"))
        for (const name of namesOf(site)) {
          const first = policies.find(({ match }) => match?.sni.some((each) => each === name || each === wildcardOf(name)) ?? true);
          expect(first?.certificate_selection?.any_tag).toEqual(site.https === "acme" ? undefined : [name]);
        }
    }),
  );
});

test("a pattern stands for one label and for nothing around it", () => {
  const pattern = new RegExp(patternOf("*.a-b.test"));
  for (const host of ["x.a-b.test", "x-1_y.a-b.test", "xn--p1ai.a-b.test"]) expect(pattern.test(host), host).toBe(true);
  for (const host of [
    "a-b.test",
    ".a-b.test",
    "x.y.a-b.test",
    "x.a-b.test.evil.test",
    "xa-b.test",
    "x.a-bxtest",
    "x.a-b.test\n",
    "x y.a-b.test",
  ])
    expect(pattern.test(host), host).toBe(false);
  for (const attack of ["*.*.test", "*.a.test$|.*", "*.", "*.a.test\n", "*.a;b.test", "*.(a)", "*.[a]"])
    expect(() => patternOf(attack), attack).toThrow();
});

test("what is kept of a wildcard has no star in its place, and a name under it is asked for", async () => {
  const server = fakeMachine("/var/lib/appos");
  const [file] = [...(await internalFiles(["*.home.lan"], server.machine)).values()];
  expect(file).toMatch(/^certificates\/internal\/_wildcard\.home\.lan\/[0-9a-f]{16}\.pem$/);
  const asked: string[] = [];
  const visit = async ({ name }: { name: string }) => {
    asked.push(name);
    return { status: 204, certificate: null };
  };
  await visitAll(
    [
      { name: "*.home.lan", https: false },
      { name: "nas.home.lan", https: true },
    ],
    "/",
    2,
    { ...server.machine, visit },
  );
  expect(asked).toEqual(["appos-check.home.lan", "nas.home.lan"]);
});
