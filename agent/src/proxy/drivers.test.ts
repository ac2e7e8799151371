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
