import { createHmac, createPublicKey, createSign, createVerify } from "node:crypto";
import { Generator } from "@appos/shared/templates";
import { expect, test } from "vitest";
import { make, type Making, newKeyPair } from "./generators.ts";

const making = (values: Record<string, string> = {}): Making => ({
  now: Date.UTC(2026, 0, 2, 3, 4, 5),
  value: (key) => values[key],
  freePort: (from) => from + 1,
  address: "192.0.2.7",
  keyPair: newKeyPair,
});
const made = (generator: object, values?: Record<string, string>) => make(Generator.parse(generator), making(values));

test("a generator that nobody knows is refused, not guessed", () => {
  expect(Generator.safeParse({ kind: "bcrypt", of: "PASSWORD" }).success).toBe(false);
});

test.each([
  [{ kind: "alnum", length: 32 }, /^[A-Za-z0-9]{32}$/],
  [{ kind: "alnum", length: 16, lower: true }, /^[a-z0-9]{16}$/],
  [{ kind: "symbols", length: 24 }, /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[-_.~^+=])[A-Za-z0-9\-_.~^+=]{24}$/],
  [{ kind: "hex", chars: 64 }, /^[0-9a-f]{64}$/],
  [{ kind: "base64", bytes: 32 }, /^[A-Za-z0-9+/]{43}=$/],
  [{ kind: "uuid" }, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  [{ kind: "port", from: 8080 }, /^8081$/],
  [{ kind: "username" }, /^user-[a-z0-9]{6}$/],
  [{ kind: "email" }, /^admin-[a-z0-9]{6}@example\.org$/],
  [{ kind: "timestamp" }, /^1767323045$/],
  [{ kind: "timestamp", unit: "milliseconds" }, /^1767323045000$/],
  [{ kind: "timestamp", unit: "iso" }, /^2026-01-02T03:04:05\.000Z$/],
])("%j makes what it says, and something else the next time", async (generator, form) => {
  const [first, second] = [await made(generator), await made(generator)];
  expect(first).toMatch(form);
  if (!/port|timestamp/.test(JSON.stringify(generator))) expect(second).not.toBe(first);
});

test("every character of the alphabet turns up, none much more often than the rest", async () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 200; i++)
    for (const char of await made({ kind: "alnum", length: 512 })) counts.set(char, (counts.get(char) ?? 0) + 1);
  expect(counts.size).toBe(62);
  const mean = (200 * 512) / 62;
  for (const [char, count] of counts) expect(Math.abs(count - mean) / mean, char).toBeLessThan(0.2);
});

test("a token is signed with the value of the input it names, and says until when it holds", async () => {
  const generator = { kind: "jwt", secretRef: "JWT_SECRET", claims: { role: "anon", iss: "supabase" }, days: 10 };
  const token = await made(generator, { JWT_SECRET: "s3cret" });
  const [header, claims, signature] = token.split(".") as [string, string, string];
  expect(createHmac("sha256", "s3cret").update(`${header}.${claims}`).digest("base64url")).toBe(signature);
  const said = JSON.parse(Buffer.from(claims, "base64url").toString());
  expect(said).toEqual({ iat: 1767323045, exp: 1767323045 + 864_000, role: "anon", iss: "supabase" });
});

test("the first address is put together as it is asked for", async () => {
  const of = (form: string) => made({ kind: "address", port: "HTTP_PORT", form }, { HTTP_PORT: "8080" });
  expect([await of("url"), await of("host"), await of("host-port")]).toEqual(["http://192.0.2.7:8080", "192.0.2.7", "192.0.2.7:8080"]);
});

test("a text is put together from other inputs, with $$ as a dollar sign", async () => {
  const value = "postgres://${USER}:${PW}@db/$${x}${NOBODY}";
  expect(await made({ kind: "text", value }, { USER: "app", PW: "a$&b" })).toBe("postgres://app:a$&b@db/${x}${NOBODY}");
});

test("two halves of one pair belong together", async () => {
  const pair = await newKeyPair();
  const point = Buffer.from(pair.public, "base64url");
  expect([point.length, point[0], Buffer.from(pair.private, "base64url").length]).toEqual([65, 4, 32]);
  const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
  const text = "hello";
  const signature = createSign("sha256")
    .update(text)
    .sign({ key: { ...jwk, d: pair.private }, format: "jwk" });
  expect(
    createVerify("sha256")
      .update(text)
      .verify(createPublicKey({ key: jwk, format: "jwk" }), signature),
  ).toBe(true);
});
