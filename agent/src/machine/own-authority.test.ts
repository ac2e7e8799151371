import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { newLeaf, newRoot } from "./own-authority.ts";
import { validity } from "./validity.ts";

const DAY = 86_400_000;
const from = Math.floor(Date.now() / 1_000) * 1_000;
const certificatesIn = (pem: string) =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)!.map((each) => new X509Certificate(each));

test("what the server's own authority issues is of the name, of its key, and of that authority", async () => {
  const root = await newRoot({ notBefore: from, notAfter: from + 3_650 * DAY });
  const times = { notBefore: from, notAfter: from + 90 * DAY };
  const pem = await newLeaf({ name: "wiki.lan", root, ...times });
  expect(validity(pem, "wiki.lan")).toEqual(times);
  expect(validity(pem, "other.lan")).toBeUndefined();
  const [leaf, issuer, ...more] = certificatesIn(pem);
  expect(more).toEqual([]);
  expect(leaf!.checkIssued(issuer!) && leaf!.verify(issuer!.publicKey)).toBe(true);
  expect([leaf!.ca, issuer!.ca]).toEqual([false, true]);
  expect(issuer!.fingerprint256).toBe(certificatesIn(root)[0]!.fingerprint256);
  expect(issuer!.checkPrivateKey(createPrivateKey(root))).toBe(true);
  // It holds no key but its own.
  expect(pem.match(/PRIVATE KEY-----/g)).toHaveLength(2);
  expect(leaf!.checkPrivateKey(createPrivateKey(pem))).toBe(true);
});
