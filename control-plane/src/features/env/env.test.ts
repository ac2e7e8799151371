import { expect, test } from "vitest";
import { ADMIN } from "../../platform/asker.ts";
import { setUp } from "../../platform/memory/tester.ts";

const compose = "services:\n  web:\n    image: nginx:1.29\n";

async function world() {
  const it = await setUp();
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  const app = async (name: string, more: object = {}) =>
    (await it.admin("/api/v1/apps", { json: { name, serverId: data.server.id, source: { type: "compose", compose }, ...more } })).data.app;
  const env = async (path: string) => (await it.admin(path)).data;
  return { ...it, password: ADMIN.password, serverId: data.server.id as string, app, env };
}
const secret = { key: "PASSWORD", value: "hunter-2", secret: true };

test("a secret's value is not told, and stays what it was where it is saved without one", async () => {
  const { admin, app, password } = await world();
  await app("blog", { env: [secret, { key: "MODE", value: "a" }] });
  const seen = await admin("/api/v1/apps/blog/env");
  expect(seen.data.env).toEqual([
    { key: "PASSWORD", value: null, secret: true },
    { key: "MODE", value: "a", secret: false },
  ]);
  expect(
    await admin("/api/v1/apps/blog/env", { method: "PUT", json: { env: [{ key: "PASSWORD", value: null, secret: true }] } }),
  ).toMatchObject({
    status: 200,
    data: { version: 2 },
  });
  expect((await admin("/api/v1/apps/blog/env/reveal", { json: { password } })).data.env).toEqual([{ key: "PASSWORD", value: "hunter-2" }]);
});

test("a value that nobody knows cannot be kept, and a secret does not become plain unseen", async () => {
  const { admin, app } = await world();
  await app("blog", { env: [secret] });
  const put = (env: object[]) => admin("/api/v1/apps/blog/env", { method: "PUT", json: { env } });
  expect(await put([{ key: "NEW", value: null, secret: true }])).toMatchObject({
    status: 400,
    message: expect.stringContaining("NEW has no value"),
  });
  expect(await put([{ key: "PASSWORD", value: null, secret: false }])).toMatchObject({
    status: 400,
    message: expect.stringContaining("give its value"),
  });
});

test("nothing takes the place of everything only where that is asked for", async () => {
  const { admin, app } = await world();
  await app("blog", { env: [secret, { key: "A", value: "" }] });
  const put = (body: object) => admin("/api/v1/apps/blog/env", { method: "PUT", json: body });
  expect(await put({ env: [] })).toMatchObject({
    status: 409,
    error: { code: "CONFIRMATION_NEEDED" },
    message: expect.stringContaining("all 2 variables"),
  });
  expect(await put({ env: [], clear: true })).toMatchObject({ status: 200, data: { env: [], version: 2 } });
});

test("a .env file is taken over whole, or not at all and with its line", async () => {
  const { admin, app, env } = await world();
  await app("blog", { env: [secret, { key: "MODE", value: "a" }] });
  const load = (json: object) => admin("/api/v1/apps/blog/env/import", { json });
  expect(await load({ text: "MODE=b\nno variable\n" })).toMatchObject({
    status: 400,
    message: "Line 2: This is no variable. Write NAME=value.",
  });
  expect((await env("/api/v1/apps/blog/env")).version).toBe(1);
  const merged = await load({ text: "MODE=b\nAPI_KEY='k $x'\n" });
  expect(merged.data).toMatchObject({ imported: 2, version: 2 });
  expect(merged.data.env.map(({ key, secret: hidden }: { key: string; secret: boolean }) => [key, hidden])).toEqual([
    ["PASSWORD", true],
    ["MODE", false],
    ["API_KEY", true],
  ]);
  expect((await load({ text: "ONLY=1", mode: "replace" })).data.env).toEqual([{ key: "ONLY", value: "1", secret: false }]);
  expect((await load({ text: "# nothing", mode: "replace" })).error?.code).toBe("CONFIRMATION_NEEDED");
});

test("secrets are told for the password once more, by export too, and who asked is written down", async () => {
  const { admin, app, password } = await world();
  await app("blog", { env: [secret, { key: "MODE", value: "a b" }] });
  expect((await admin("/api/v1/apps/blog/env/export", { json: {} })).data.text).toBe("# PASSWORD is a secret.\nPASSWORD=\nMODE='a b'\n");
  expect((await admin("/api/v1/apps/blog/env/export", { json: { password } })).data.text).toBe("PASSWORD=hunter-2\nMODE='a b'\n");
  expect((await admin("/api/v1/apps/blog/env/reveal", { json: { password } })).data).toEqual({
    env: [{ key: "PASSWORD", value: "hunter-2" }],
  });
  expect(await admin("/api/v1/apps/blog/env/reveal", { json: { password: "wrong" } })).toMatchObject({
    error: { code: "INVALID_CREDENTIALS" },
  });
  const acts = (await admin("/api/v1/activity")).data.items.map(({ action }: { action: string }) => action);
  expect(acts.filter((action: string) => action === "reveal-env")).toHaveLength(2);
});

test("an app's own variables win over its project's, and those over its server's", async () => {
  const { admin, app, env, serverId } = await world();
  await admin("/api/v1/projects", { json: { name: "shop" } });
  const put = (path: string, list: object[]) => admin(path, { method: "PUT", json: { env: list } });
  await put("/api/v1/projects/shop/env", [
    { key: "A", value: "project" },
    { key: "B", value: "project" },
  ]);
  await put(`/api/v1/servers/${serverId}/env`, [
    { key: "A", value: "server" },
    { key: "B", value: "server" },
    { key: "C", value: "server", secret: true },
  ]);
  const project = (await env("/api/v1/projects/shop")).id;
  await app("blog", { projectId: project, env: [{ key: "A", value: "own" }] });
  const seen = await env("/api/v1/apps/blog/env");
  expect(seen.shared.map((each: Record<string, unknown>) => [each.key, each.scope, each.scopeName, each.value, each.overridden])).toEqual([
    ["A", "project", "shop", "project", true],
    ["B", "project", "shop", "project", false],
    ["A", "server", "tokyo-1", "server", true],
    ["B", "server", "tokyo-1", "server", true],
    ["C", "server", "tokyo-1", null, false],
  ]);
});

test("what two people change at once is not lost: the second is told", async () => {
  const { admin, app, serverId } = await world();
  await app("blog");
  const put = (path: string, basedOn: number) => admin(path, { method: "PUT", json: { env: [{ key: "A", value: "1" }], basedOn } });
  for (const [path, base] of [
    ["/api/v1/apps/blog/env", 1],
    [`/api/v1/servers/${serverId}/env`, 0],
  ] as const) {
    expect((await put(path, base)).status).toBe(200);
    expect(await put(path, base)).toMatchObject({ status: 409, error: { code: "CONFLICT" } });
  }
});

test("a variable may come from another app; what does not hold is said when it is saved", async () => {
  const { admin, app, env } = await world();
  const pg = await app("pg", { env: [{ key: "POSTGRES_PASSWORD", value: "deep", secret: true }] });
  await app("blog");
  const put = (from: object) =>
    admin("/api/v1/apps/blog/env", { method: "PUT", json: { env: [{ key: "DB_PASSWORD", value: "", secret: true, from }] } });
  expect(await put({ app: "nobody", key: "X" })).toMatchObject({ status: 400, message: expect.stringContaining("which there is not") });
  expect(await put({ app: "blog", key: "X" })).toMatchObject({ status: 400, message: expect.stringContaining("its own app") });
  expect((await put({ app: "pg", key: "POSTGRES_PASSWORD" })).status).toBe(200);
  expect((await env("/api/v1/apps/blog/env")).env).toEqual([
    { key: "DB_PASSWORD", value: null, secret: true, from: { app: pg.id, key: "POSTGRES_PASSWORD", appName: "pg" } },
  ]);
  expect((await admin("/api/v1/apps/blog/deploy", { json: {} })).status).toBe(202);
  expect(await admin("/api/v1/apps/pg", { method: "DELETE" })).toMatchObject({
    status: 409,
    message: expect.stringContaining("Variables of blog take their values from pg"),
  });
  const born = { key: "DB", value: "", from: { app: "pg", key: "POSTGRES_PASSWORD" } };
  expect((await app("shop", { env: [born] })).name).toBe("shop");
  await put({ app: "pg", key: "GONE" });
  expect(await admin("/api/v1/apps/blog/deploy", { json: {} })).toMatchObject({
    status: 409,
    message: "DB_PASSWORD comes from pg, which has no variable GONE.",
  });
  await put({ app: "pg", service: "db" });
  expect(await admin("/api/v1/apps/blog/deploy", { json: {} })).toMatchObject({
    status: 409,
    message: expect.stringContaining("Deploy pg first"),
  });
});

test("of two versions is said what became of variables and files, and of secrets only that they changed", async () => {
  const { admin, app } = await world();
  await app("blog", {
    env: [secret, { key: "A", value: "1" }, { key: "B", value: "x" }],
    files: [{ path: "conf/a.conf", content: "one" }],
  });
  await admin("/api/v1/apps/blog/config", {
    method: "PUT",
    json: {
      env: [
        { key: "PASSWORD", value: "other", secret: true },
        { key: "A", value: "2" },
        { key: "C", value: "" },
      ],
      files: [
        { path: "conf/a.conf", content: "two" },
        { path: "conf/b.conf", content: "" },
      ],
      message: "All at once",
    },
  });
  const { data } = await admin("/api/v1/apps/blog/versions/1/compare/2");
  expect(data.env).toEqual([
    { key: "A", change: "changed", secret: false, before: "1", after: "2" },
    { key: "B", change: "removed", secret: false, before: "x", after: null },
    { key: "C", change: "added", secret: false, before: null, after: "" },
    { key: "PASSWORD", change: "changed", secret: true, before: null, after: null },
  ]);
  expect(data.files).toEqual([
    { path: "conf/a.conf", change: "changed", before: "one", after: "two" },
    { path: "conf/b.conf", change: "added", before: null, after: "" },
  ]);
  expect(JSON.stringify(data)).not.toContain("hunter-2");
  expect((await admin("/api/v1/apps/blog/versions/2")).data).toMatchObject({
    number: 2,
    message: "All at once",
    files: [{ path: "conf/a.conf", bytes: 3 }, {}],
  });
});

test.each(["../x", "/etc/passwd", "a/../b", ".env", "releases/1/x", "compose.yaml", "a//b", "a\nb", ""])(
  "a config file cannot be named %j",
  async (path) => {
    const { admin, app } = await world();
    await app("blog");
    expect((await admin("/api/v1/apps/blog/config", { method: "PUT", json: { files: [{ path, content: "" }] } })).status).toBe(400);
  },
);

test("a project goes once no app is in it; favourites are each user's own", async () => {
  const { admin, app } = await world();
  const { data: project } = await admin("/api/v1/projects", { json: { name: "shop" } });
  expect((await admin("/api/v1/projects", { json: { name: "shop" } })).error?.code).toBe("NAME_TAKEN");
  const { id } = await app("blog", { projectId: project.id });
  expect((await admin("/api/v1/projects")).data.items).toMatchObject([{ name: "shop", apps: 1 }]);
  expect((await admin("/api/v1/projects/shop", { method: "DELETE" })).error?.code).toBe("CONFLICT");
  const changed = await admin("/api/v1/apps/blog", {
    method: "PATCH",
    json: { projectId: null, labels: ["prod", "prod"], keepReleases: 3 },
  });
  expect(changed.data).toMatchObject({ project: null, labels: ["prod"], keepReleases: 3 });
  expect((await admin("/api/v1/projects/shop", { method: "DELETE" })).status).toBe(200);
  await admin("/api/v1/apps/blog/favourite", { method: "PUT", json: {} });
  await admin("/api/v1/apps/blog/favourite", { method: "PUT", json: {} });
  expect((await admin("/api/v1/apps/favourites")).data.apps).toEqual([id]);
  await admin("/api/v1/apps/blog/favourite", { method: "DELETE" });
  expect((await admin("/api/v1/apps/favourites")).data.apps).toEqual([]);
});
