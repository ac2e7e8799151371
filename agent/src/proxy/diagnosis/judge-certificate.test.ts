import { expect, test } from "vitest";
import { judgeCertificate } from "./judge-certificate.ts";

const now = Date.UTC(2026, 10, 22);
const certificate = { issuer: "An authority", names: ["*.a.test"], notBefore: 0, notAfter: Date.UTC(2027, 0, 1) };
const judge = (https: "own" | "internal" | "acme", more: Partial<Parameters<typeof judgeCertificate>[0]> = {}) =>
  judgeCertificate({
    name: "x.a.test",
    https,
    certificate,
    words: undefined,
    caa: undefined,
    inDns: false,
    proxyAnswers: true,
    now,
    ...more,
  });

test("one that was uploaded is nobody's to renew, and what mends it is a newer one", () => {
  expect(judge("own")).toMatchObject({ state: "ok", facts: ["It was uploaded, and is not renewed by itself."] });
  const remedy = expect.stringContaining("replace it with a newer one");
  expect(judge("own", { now: Date.UTC(2027, 1, 1) })).toMatchObject({
    state: "wrong",
    message: expect.stringContaining("2027-01-01"),
    remedy,
  });
  expect(judge("own", { name: "x.y.a.test" })).toMatchObject({ state: "wrong", remedy });
});

test("whom the server's own authority has to be made known to is said, and nobody is told of port 80 who has nothing to do with it", () => {
  expect(judge("internal")).toMatchObject({ state: "ok", facts: [expect.stringContaining("root certificate")] });
  const missing = judge("internal", { certificate: null });
  expect(missing).toMatchObject({ state: "wrong", message: "The proxy shows no certificate for x.a.test." });
  const waiting = (inDns: boolean) => judge("acme", { certificate: null, inDns }).remedy;
  expect(waiting(false)).toContain("port 80");
  for (const remedy of [missing.remedy, waiting(true)]) expect(remedy).not.toContain("port 80");
  expect(judge("own", { certificate: null, proxyAnswers: false }).state).toBe("skipped");
});
