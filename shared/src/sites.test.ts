import { expect, test } from "vitest";
import { OwnCertificate, ProxyModel, Site } from "./sites.ts";

const block = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
const pem = block("PRIVATE KEY") + block("CERTIFICATE");

test.each([
  ["text of a configuration after it", `${pem}ssl_certificate /etc/passwd;\n`],
  ["before it", `include /etc/shadow;\n${pem}`],
  ["within it", pem.replace("AAAA", "AAAA; root /;")],
  ["no key", block("CERTIFICATE")],
  ["the key last", block("CERTIFICATE") + block("PRIVATE KEY")],
])("a certificate with %s is none", (_, text) => {
  expect(OwnCertificate.safeParse({ id: "crt_1", pem }).success).toBe(true);
  expect(OwnCertificate.safeParse({ id: "crt_1", pem: text }).success).toBe(false);
});

test("a wildcard has no other form, and is not the console's", () => {
  const site = (more: object) =>
    Site.safeParse({ name: "*.a.test", https: "internal", routes: [{ app: "a", service: "w", port: 80 }], ...more }).success;
  expect(site({})).toBe(true);
  expect(site({ alias: "www.a.test" })).toBe(false);
  expect(site({ name: "a.test", alias: "*.a.test" })).toBe(false);
  expect(site({ console: true, routes: [] })).toBe(false);
});

test("a site with a certificate of its own names one that comes with it, and others name none", () => {
  const model = (more: object) => {
    const site = { name: "a.test", routes: [{ app: "a", service: "w", port: 80 }], ...more };
    const certificates = [{ id: "crt_1", pem }];
    return ProxyModel.safeParse({ acme: { directory: "https://acme.test/dir" }, sites: [site], certificates }).success;
  };
  expect(model({ https: "own", certificateId: "crt_1" })).toBe(true);
  expect(model({ https: "own", certificateId: "crt_2" })).toBe(false);
  expect(model({ https: "own" })).toBe(false);
  expect(model({ https: "acme", certificateId: "crt_1" })).toBe(false);
  expect(model({ https: "internal" })).toBe(true);
});
