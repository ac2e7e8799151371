import type { DomainView } from "@appos/shared/domains";
import { expect, test } from "vitest";
import { certificateWords, domainStatus, domainSummary, isUnwell, mainDomain, mayTryAgain, otherForm } from "./domain-words.ts";

const now = Date.UTC(2026, 10, 22);
const certificate = { issuer: "Let's Encrypt, R11", names: ["a.test"], notBefore: now, notAfter: Date.UTC(2027, 1, 20) };
const domain = (part: Partial<DomainView>): DomainView => ({
  id: "dom_1",
  domain: "a.test",
  path: "/",
  app: { id: "app_1", name: "blog" },
  server: { id: "srv_1", name: "tokyo" },
  service: "web",
  port: 80,
  https: "acme",
  certificateId: null,
  dnsProviderId: null,
  forceHttps: true,
  www: false,
  headers: [],
  hsts: false,
  access: null,
  maxBodyMb: null,
  downPage: null,
  compress: true,
  url: "https://a.test",
  status: "serving",
  problem: null,
  certificate,
  certificateProblem: null,
  seen: true,
  answers: 200,
  jobId: null,
  createdAt: now,
  ...part,
});
const certificateOf = (part: Partial<DomainView>) => certificateWords(domain(part), now);

test("a domain whose server is away waits for that server", () => {
  expect(domainStatus(domain({ status: "waiting" }))).toEqual({ tone: "warn", word: "Waiting for tokyo" });
});

test("what is served but answers with a fault is not called well", () => {
  expect(domainStatus(domain({ answers: 502 }))).toEqual({ tone: "warn", word: "Serving, answers 502" });
  expect(domainStatus(domain({ answers: 404 }))).toEqual({ tone: "ok", word: "Serving" });
  expect(domainStatus(domain({ seen: false, answers: null }))).toEqual({ tone: "ok", word: "Serving" });
  expect(domainStatus(domain({ answers: null }))).toEqual({ tone: "bad", word: "Does not answer" });
  expect(domainStatus(domain({ answers: null, certificate: null }))).toEqual({ tone: "ok", word: "Serving" });
});

test("a name that gets no certificate is reached by nobody over HTTPS", () => {
  const without = { certificate: null, certificateProblem: "rate limited" };
  expect(domainStatus(domain({ ...without, answers: null }))).toEqual({ tone: "warn", word: "Not reachable over HTTPS" });
  expect(domainStatus(domain({ ...without, https: "off" }))).toEqual({ tone: "ok", word: "Serving" });
});

test("a certificate is named by who issued it and until when it holds", () => {
  expect(certificateOf({})).toEqual({ tone: "ok", word: "Certificate from Let's Encrypt, valid until 20 Feb 2027" });
  expect(certificateOf({ certificateProblem: "rate limited" }).tone).toBe("warn");
  // It should have been renewed long ago.
  expect(certificateWords(domain({}), Date.UTC(2027, 1, 10)).tone).toBe("warn");
  expect(certificateWords(domain({}), Date.UTC(2027, 2, 1))).toEqual({
    tone: "bad",
    word: "Its certificate from Let's Encrypt expired on 20 Feb 2027",
  });
});

test("one that was uploaded, or that the server issued itself, is called so", () => {
  expect(certificateOf({ https: "own" }).word).toBe("Own certificate from Let's Encrypt, valid until 20 Feb 2027");
  expect(certificateOf({ https: "internal" }).word).toBe("Certificate from tokyo's own authority, valid until 20 Feb 2027");
  // Nobody renews it, so it is said in time.
  const late = Date.UTC(2027, 0, 10);
  const year = { ...certificate, notBefore: Date.UTC(2026, 1, 1), notAfter: Date.UTC(2027, 1, 1) };
  expect(certificateWords(domain({ https: "own", certificate: year }), late).tone).toBe("warn");
  expect(certificateWords(domain({ https: "own", certificate: year }), now).tone).toBe("ok");
  expect(mayTryAgain(domain({ https: "own", certificate: null }))).toBe(false);
});

test("where there is no certificate, it is said whether one is wanted and how far that is", () => {
  const without = { certificate: null };
  expect(certificateOf({ ...without, https: "off" }).word).toBe("No HTTPS");
  expect(certificateOf({ ...without, certificateProblem: "no such name" })).toEqual({ tone: "warn", word: "No certificate yet" });
  expect(certificateOf(without).tone).toBe("busy");
  expect(certificateOf({ ...without, status: "waiting" }).tone).toBe("idle");
});

test("another try is offered where something is missing, and not while it is under way", () => {
  expect(mayTryAgain(domain({}))).toBe(false);
  expect(mayTryAgain(domain({ status: "refused" }))).toBe(true);
  expect(mayTryAgain(domain({ certificate: null }))).toBe(true);
  expect(mayTryAgain(domain({ certificate: null, https: "off" }))).toBe(false);
  expect(mayTryAgain(domain({ certificate: null, status: "saving" }))).toBe(false);
});

test("why it is not reached is asked where something is wrong, and not while it is on its way", () => {
  const asks = (more: Partial<DomainView>) => isUnwell(domain(more), now);
  expect([asks({}), asks({ status: "saving" }), asks({ certificate: null, answers: null })]).toEqual([false, false, false]);
  expect([asks({ answers: 502 }), asks({ answers: null }), asks({ certificate: null, certificateProblem: "NXDOMAIN" })]).toEqual([
    true,
    true,
    true,
  ]);
  expect(isUnwell(domain({}), Date.UTC(2027, 2, 1))).toBe(true);
});

test("people open the first domain that works and serves the whole app", () => {
  const [api, away, root] = [domain({ path: "/api", createdAt: 1 }), domain({ status: "waiting", createdAt: 2 }), domain({})];
  const [bare, later] = [domain({ certificate: null, createdAt: 3 }), domain({ createdAt: now + 1 })];
  expect(mainDomain([api, away, bare, later, root])).toBe(root);
  expect(mainDomain([api, bare, away])).toBe(away);
  expect(mainDomain([api])).toBe(api);
  // Nobody can open a star.
  const star = domain({ domain: "*.a.test" });
  expect([mainDomain([star, api]), mainDomain([star])]).toEqual([api, star]);
  expect(mainDomain([])).toBeUndefined();
});

test("in one word, a domain that is served is as well as its certificate", () => {
  expect(domainSummary(domain({}), now).word).toBe("Serving");
  expect(domainSummary(domain({ certificate: null }), now).word).toBe("Its certificate is on its way");
  expect(domainSummary(domain({ certificate: null, status: "refused" }), now).word).toBe("Refused");
  expect(domainSummary(domain({ certificate: null, https: "off" }), now).word).toBe("Serving");
});

test("the other form of a name is with www., or without it", () => {
  expect(otherForm("a.test")).toBe("www.a.test");
  expect(otherForm("www.a.test")).toBe("a.test");
});
