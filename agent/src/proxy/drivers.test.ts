import { expect, test } from "vitest";
import { ProxyDriver } from "@appos/shared/sites";
import { driverOf } from "./drivers.ts";
import type { ResolvedSite } from "./resolved.ts";

const hash = `$2b$08$${"a".repeat(53)}`;
const acme = { directory: "https://acme.test/dir", email: null, rootsFile: null };
const site: ResolvedSite = {
  name: "a.test",
  https: "off",
  forceHttps: true,
  alias: null,
  routes: [{ path: "/", upstreams: [], beside: null }],
};

// Traefik knows no sockets: the control plane refuses that.
test.each(["caddy", "nginx"] as const)("%s leads to the console by its socket only, and over HTTPS only", (kind) => {
  const own: ResolvedSite = { ...site, https: "acme", console: true, routes: [] };
  const rendered = (certificates: [string, string][], sites = [own]) =>
    driverOf(kind).render({ id: "proxy-1", acme, sites, certificates: new Map(certificates) });
  const times = (text: string) => text.split("/etc/appos-proxy/console.sock").length - 1;
  expect(times(rendered([["a.test", "certificates/a.test/1.pem"]]))).toBe(1);
  expect(times(rendered([["a.test", "certificates/a.test/1.pem"]], [{ ...site, https: "acme" }]))).toBe(0);
  // Caddy gets its certificate by itself, and serves nothing else until then.
  expect(times(rendered([]))).toBe(kind === "caddy" ? 1 : 0);
});

test.each(ProxyDriver.options)("%s serves no site to more people than may visit it", (kind) => {
  const driver = driverOf(kind);
  function rendered(access?: { users: { name: string; hash: string }[]; networks: string[] }) {
    const model = { id: "proxy-1", acme, sites: [{ ...site, ...(access && { access }) }], certificates: new Map() };
    return JSON.stringify([driver.render(model), driver.files?.(model)]);
  }
  const open = rendered();
  const guarded = rendered({ users: [{ name: "ada", hash }], networks: ["203.0.113.0/24"] });
  for (const said of ["ada", "203.0.113.0/24"]) {
    expect(open).not.toContain(said);
    expect(guarded).toContain(said);
  }
  expect(guarded.includes(hash) || guarded.includes(btoa(hash))).toBe(true);
});
