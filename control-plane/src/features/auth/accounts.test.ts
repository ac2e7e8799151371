import { expect, test } from "vitest";
import { setUp } from "../../platform/memory/tester.ts";

test("roles and passwords are changed by administrators, one's own role by nobody, and a new password ends sessions", async () => {
  const { person, admin, nobody } = await setUp();
  const { ask, ...user } = await person("mia", "member");
  const me = (await admin("/api/v1/auth/me")).data;
  expect((await admin(`/api/v1/users/${me.id}`, { method: "PATCH", json: { role: "viewer" } })).status).toBe(409);
  expect((await admin(`/api/v1/users/${user.id}`, { method: "PATCH", json: { role: "viewer", name: "Mia M" } })).data).toMatchObject({
    role: "viewer",
    name: "Mia M",
  });
  expect((await ask("/api/v1/registries")).status).toBe(200);
  const weak = await admin(`/api/v1/users/${user.id}`, { method: "PATCH", json: { password: "short" } });
  expect(weak.error).toMatchObject({ code: "WEAK_PASSWORD", details: [{ path: "password" }] });
  expect((await ask("/api/v1/auth/me")).status).toBe(200);
  const { secret } = (await ask("/api/v1/tokens", { json: { name: "ci" } })).data;
  const byToken = async () => (await nobody("/api/v1/auth/me", { headers: { authorization: `Bearer ${secret}` } })).status;
  expect(await byToken()).toBe(200);
  await admin(`/api/v1/users/${user.id}`, { method: "PATCH", json: { password: "another horse battery" } });
  expect((await ask("/api/v1/auth/me")).status).toBe(401);
  expect(await byToken()).toBe(401);
  expect((await nobody("/api/v1/auth/login", { json: { email: user.email, password: "another horse battery" } })).status).toBe(200);
});

test("one's own password is changed for the old one, and other sessions end", async () => {
  const { person, nobody } = await setUp();
  const { ask, email, password } = await person("mia", "member");
  const login = await nobody("/api/v1/auth/login", { json: { email, password } });
  const other = { cookie: login.headers.get("set-cookie")!.split(";")[0]! };
  const change = (json: object) => ask("/api/v1/auth/password", { method: "PUT", json });
  const next = "another horse battery";
  expect((await change({ current: "wrong", next })).error).toMatchObject({ code: "INVALID_CREDENTIALS", details: [{ path: "current" }] });
  expect((await change({ current: password, next: "short" })).error).toMatchObject({ code: "WEAK_PASSWORD", details: [{ path: "next" }] });
  expect((await nobody("/api/v1/auth/me", { headers: other })).status).toBe(200);
  expect((await change({ current: password, next })).status).toBe(200);
  expect((await ask("/api/v1/auth/me")).status).toBe(200);
  expect((await nobody("/api/v1/auth/me", { headers: other })).status).toBe(401);
});

test("a password is set by somebody who is signed in, and never one's own without the old one", async () => {
  const { person, admin, nobody } = await setUp();
  const user = await person("mia", "member");
  const { id } = (await admin("/api/v1/auth/me")).data;
  const json = { password: "another horse battery" };
  expect((await admin(`/api/v1/users/${id}`, { method: "PATCH", json })).error?.code).toBe("FORBIDDEN");
  const { secret } = (await admin("/api/v1/tokens", { json: { name: "all", role: "admin" } })).data;
  for (const of of [id, user.id]) {
    const reply = await nobody(`/api/v1/users/${of}`, { method: "PATCH", json, headers: { authorization: `Bearer ${secret}` } });
    expect(reply).toMatchObject({ status: 403, error: { code: "FORBIDDEN" } });
  }
});

test("one administrator is left, though two take the role from each other at once", async () => {
  for (const change of [{ method: "PATCH", json: { role: "viewer" } }, { method: "DELETE" }]) {
    const { person, admin, services } = await setUp();
    const other = await person("bob", "admin");
    const { id } = (await admin("/api/v1/auth/me")).data;
    // Both are let in before either has changed anything.
    const replies = await Promise.all([admin(`/api/v1/users/${other.id}`, change), other.ask(`/api/v1/users/${id}`, change)]);
    expect(replies.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect((await services.auth.users()).filter(({ role }) => role === "admin")).toHaveLength(1);
  }
});
