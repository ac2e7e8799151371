import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { issued, RSA } from "./fake-certificates.ts";
import { readCertificate } from "./read-certificate.ts";

const now = Date.now();
const root = await issued({ names: ["the root"], days: 900 });
const leaf = await issued({ names: ["*.Example.com", "example.com"], by: root });
const other = await issued();
const read = (given: { chain: string; key: string }) => readCertificate(given, now);

test("a certificate is read with its chain and its key, and nothing else of what was given is kept", async () => {
  const bag = "Bag Attributes\n    friendlyName: ssl_certificate /etc/passwd;\n";
  const found = await read({ chain: `${bag}${leaf.chain.replaceAll("\n", "\r\n")}`, key: `${bag}${leaf.key}` });
  expect(found).toMatchObject({ names: ["*.example.com", "example.com"], issuer: "the root" });
  expect(found.chain.trim()).toBe(leaf.chain.trim());
  expect(found.key.trim()).toBe(leaf.key.trim());
  expect(found.notAfter).toBe(leaf.certificate.notAfter.getTime());
  expect(found.fingerprint).toMatch(/^[0-9a-f]{64}$/);
});

test("keys are taken in each form that tools write", async () => {
  const of = (pem: string) => createPrivateKey(pem);
  const rsa = await issued({ algorithm: RSA(2_048) });
  const p384 = await issued({ algorithm: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" } as never });
  const given = [
    { chain: rsa.chain, key: of(rsa.key).export({ type: "pkcs1", format: "pem" }).toString() },
    { chain: p384.chain, key: of(p384.key).export({ type: "sec1", format: "pem" }).toString() },
    {
      chain: leaf.chain,
      key: `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${of(leaf.key).export({ type: "sec1", format: "pem" }).toString()}`,
    },
  ];
  for (const each of given) {
    const { key } = await read(each);
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^-]+\n-----END PRIVATE KEY-----\n$/);
    expect(of(key).equals(of(each.key))).toBe(true);
  }
});

const encrypted = createPrivateKey(leaf.key).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString();
const ed25519 = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const ended = await issued({ from: -100, days: 90, by: root });
const early = await issued({ from: 2, by: root });
const weak = await issued({ algorithm: RSA(1_024) });
const nameless = await issued({ names: [] });
const stranger = await issued({ names: ["a stranger"] });
const text = "-----BEGIN CERTIFICATE-----\n../../etc/shadow\n-----END CERTIFICATE-----";

test.each([
  ["text that is none", { chain: "ssl_certificate /etc/passwd;", key: leaf.key }, "chain", "There is no certificate in it"],
  ["what only looks like one", { chain: text, key: leaf.key }, "chain", "There is no certificate in it"],
  ["other bytes", { chain: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", key: leaf.key }, "chain", "cannot be read"],
  ["no key", { chain: leaf.chain, key: leaf.chain }, "key", "There is no private key in it"],
  ["a key among the certificates", { chain: leaf.chain + leaf.key, key: leaf.key }, "chain", "a private key among the certificates"],
  ["an encrypted key", { chain: leaf.chain, key: encrypted }, "key", "openssl pkey"],
  ["a key of another kind", { chain: leaf.chain, key: ed25519 }, "key", "it has to be RSA, or ECDSA"],
  ["a short key", weak, "key", "The key has 1024 bits"],
  ["the key of another certificate", { chain: leaf.chain, key: other.key }, "key", "belongs to another certificate"],
  ["the key of what issued it", { chain: leaf.chain, key: root.key }, "chain", "The key belongs to certificate 2 of the chain"],
  [
    "a chain of strangers",
    { chain: leaf.certificate.toString("pem") + "\n" + stranger.chain, key: leaf.key },
    "chain",
    "was not issued by the next one, CN=a stranger",
  ],
  ["one that has ended", ended, "chain", /The first certificate expired on \d{4}-\d\d-\d\d/],
  ["one of the day after tomorrow", early, "chain", "is not valid before"],
  ["one for no name", nameless, "chain", "is for no host name"],
])("%s is refused, where it was given", async (_, given, path, message) => {
  const said = await read(given).catch((error: unknown) => error);
  expect(said).toMatchObject({
    code: "INVALID_REQUEST",
    details: [{ path, message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message) }],
  });
  expect(JSON.stringify(said)).not.toContain(given.key.split("\n")[1]);
});
