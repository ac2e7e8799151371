import { expect, test } from "vitest";
import { memoryPlatform } from "../../platform/memory/platform.ts";
import { ADMIN, asker } from "../../platform/asker.ts";
import { setUp } from "../../platform/memory/tester.ts";

const login = { email: ADMIN.email, password: ADMIN.password };

test("nobody sets AppOS up without the link's token", async () => {
  const { app, services } = (await memoryPlatform()).start();
  await services.auth.setupToken();
  const reply = await asker(app)("/api/v1/setup", { json: { token: "guess", ...ADMIN } });
  expect(reply).toMatchObject({ status: 401, error: { code: "INVALID_SETUP_TOKEN" } });
});

test("of a hundred who set AppOS up at once, one becomes its administrator", async () => {
  const { app, services } = (await memoryPlatform()).start();
  const token = await services.auth.setupToken();
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, i) => asker(app)("/api/v1/setup", { json: { token, ...ADMIN, email: `a${i}@example.org` } })),
  );
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(await services.auth.users()).toHaveLength(1);
});

test("the set-up link is gone after its use", async () => {
  const { nobody, services } = await setUp();
  expect(await services.auth.setupToken()).toBeUndefined();
  const reply = await nobody("/api/v1/setup", { json: { token: "any", ...ADMIN } });
  expect(reply).toMatchObject({ status: 409, error: { code: "SETUP_DONE" } });
});

test("a newer set-up link makes the older one void", async () => {
  const { app, services } = (await memoryPlatform()).start();
  const older = await services.auth.setupToken();
  await services.auth.setupToken();
  expect((await asker(app)("/api/v1/setup", { json: { token: older, ...ADMIN } })).status).toBe(401);
});

test.each([
  ["too short", "short"],
  ["common", "password123"],
  ["one character over and over", "aaaaaaaaaaaa"],
  ["the person's own address", "ada@example.org"],
])("a password that is %s is refused, and is not repeated", async (_, password) => {
  const { app, services } = (await memoryPlatform()).start();
  const token = await services.auth.setupToken();
  const reply = await asker(app)("/api/v1/setup", { json: { token, ...ADMIN, password } });
  expect(reply).toMatchObject({ status: 400, error: { code: "WEAK_PASSWORD" } });
  expect(JSON.stringify(reply)).not.toContain(`"${password}"`);
});

test("a wrong password and an unknown account look the same", async () => {
  const { nobody } = await setUp();
  const wrong = await nobody("/api/v1/auth/login", { json: { ...login, password: "another" } });
  const unknown = await nobody("/api/v1/auth/login", { json: { ...login, email: "nobody@example.org" } });
  expect(wrong).toMatchObject({ status: 401, error: { code: "INVALID_CREDENTIALS" } });
  expect({ ...unknown, headers: null }).toEqual({ ...wrong, headers: null });
});

test("after ten failures an account waits, and is let in when the time is over", async () => {
  const { nobody, platform } = await setUp();
  for (let i = 0; i < 10; i++)
    await nobody("/api/v1/auth/login", { json: { ...login, password: "wrong" }, headers: { "x-test-address": `192.0.2.${i}` } });
  expect(await nobody("/api/v1/auth/login", { json: login })).toMatchObject({ status: 429, error: { code: "TOO_MANY_ATTEMPTS" } });
  platform.advance(30 * 60_000);
  expect((await nobody("/api/v1/auth/login", { json: login })).status).toBe(200);
});

test("one address cannot try many accounts", async () => {
  const { nobody } = await setUp();
  for (let i = 0; i < 50; i++) await nobody("/api/v1/auth/login", { json: { email: `${i}@example.org`, password: "wrong" } });
  expect((await nobody("/api/v1/auth/login", { json: login })).status).toBe(429);
});

test("a session ends with log-out, and its cookie is HttpOnly, Lax and Secure on https", async () => {
  const { admin, nobody } = await setUp();
  const reply = await nobody("/api/v1/auth/login", { json: login });
  expect(reply.headers.get("set-cookie")).toMatch(/appos_session=.*HttpOnly.*SameSite=Lax.*Secure/i);
  expect((await admin("/api/v1/auth/me")).data).toMatchObject({ email: ADMIN.email, role: "admin" });
  await admin("/api/v1/auth/logout", { method: "POST" });
  expect((await admin("/api/v1/auth/me")).status).toBe(401);
});

test.each([undefined, "https://evil.example", "null", "http://appos.example.org", "https://appos.example.org.evil.example"])(
  "a change asked for by cookie from %s is refused",
  async (origin) => {
    const { admin } = await setUp();
    const headers = { origin: origin ?? "" };
    const reply = await admin("/api/v1/servers", { json: { name: "tokyo-1" }, headers });
    expect(reply).toMatchObject({ status: 403, error: { code: "CROSS_ORIGIN" } });
  },
);

test("what is no JSON is refused before it is read", async () => {
  const { app } = await setUp();
  const reply = await app.request("/api/v1/auth/login", { method: "POST", body: "email=a", headers: { "content-type": "text/plain" } });
  expect(reply.status).toBe(415);
});

test("a token works until it is revoked, is stored as a hash, and can do no more than its role", async () => {
  const { admin, app } = await setUp();
  const { data } = await admin("/api/v1/tokens", { json: { name: "ci", role: "viewer" } });
  const program = asker(app, { authorization: `Bearer ${data.secret}` });
  expect((await program("/api/v1/apps")).status).toBe(200);
  expect(await program("/api/v1/servers", { json: { name: "tokyo-1" } })).toMatchObject({ status: 403, error: { code: "FORBIDDEN" } });
  expect(await program("/api/v1/tokens", { json: { name: "more", role: "viewer" } })).toMatchObject({ status: 403 });
  expect(await program(`/api/v1/tokens/${data.token.id}`, { method: "DELETE" })).toMatchObject({ status: 403 });
  expect(JSON.stringify((await admin("/api/v1/tokens")).data)).not.toContain(data.secret);
  await admin(`/api/v1/tokens/${data.token.id}`, { method: "DELETE" });
  expect((await program("/api/v1/apps")).status).toBe(401);
});

test("a field that no schema names is refused", async () => {
  const { nobody } = await setUp();
  const reply = await nobody("/api/v1/auth/login", { json: { ...login, role: "admin" } });
  expect(reply).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST" } });
});
