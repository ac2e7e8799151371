import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { defaultPolicy } from "@appos/shared/policy";
import { facts } from "../../platform/memory/terminal-world.ts";
import { setUp } from "../../platform/memory/tester.ts";

const compose = "services:\n  web:\n    image: nginx:1.29\n";
const source = { type: "compose", compose };

/** Two projects on servers of their own, each with an app; and an app that is in none. */
async function world() {
  const it = await setUp();
  const server = async (name: string) => (await it.admin("/api/v1/servers", { json: { name } })).data.server.id as string;
  const [here, there] = [await server("tokyo-1"), await server("oslo-1")];
  const project = async (name: string) => (await it.admin("/api/v1/projects", { json: { name } })).data.id as string;
  const [mine, theirs] = [await project("mine"), await project("theirs")];
  const app = async (name: string, serverId: string, projectId?: string) =>
    (
      await it.admin("/api/v1/apps", {
        json: { name, serverId, projectId, source, env: [{ key: "KEY", value: "hunter-2", secret: true }] },
      })
    ).data;
  const apps = { blog: await app("blog", here, mine), shop: await app("shop", there, theirs), lone: await app("lone", there) };
  const put = (user: { id: string }, role: string, name = "mine") =>
    it.admin(`/api/v1/projects/${name}/people/${user.id}`, { method: "PUT", json: { role } });
  return { ...it, here, there, mine, theirs, apps, put };
}

const names = ({ data }: { data: { items: { name?: string; appName?: string; email?: string }[] } }) =>
  data.items.map(({ name, appName }) => name ?? appName).toSorted();

test("a member sees nothing until they are in a project, then what is in it, and nothing of it when they have left", async () => {
  const { person, put, admin, here, theirs } = await world();
  const member = await person("mia", "member");
  const lists = ["apps", "deployments", "jobs", "projects", "servers"];
  const seen = async () => Promise.all(lists.map(async (list) => names(await member.ask(`/api/v1/${list}`))));
  const counts = async () => (await member.ask("/api/v1/system/info")).data.counts;
  expect(await seen()).toEqual([[], [], [], [], []]);
  expect(await counts()).toEqual({ servers: 0, apps: 0, openJobs: 0 });
  expect((await put(member, "viewer")).data).toEqual({ userId: member.id, email: member.email, name: "mia", role: "viewer" });
  expect(await seen()).toEqual([["blog"], ["blog"], ["blog"], ["mine"], ["tokyo-1"]]);
  expect(await counts()).toEqual({ servers: 1, apps: 1, openJobs: 1 });
  await admin("/api/v1/apps", { json: { name: "other", serverId: here, projectId: theirs, source } });
  expect((await member.ask("/api/v1/servers")).data.items).toMatchObject([{ name: "tokyo-1", appCount: 1 }]);
  expect((await member.ask("/api/v1/servers/tokyo-1")).data.appCount).toBe(1);
  expect((await member.ask("/api/v1/apps?search=o")).data.pagination.total).toBe(1);
  expect((await member.ask("/api/v1/search?q=o")).data.items.filter(({ kind }: { kind: string }) => kind !== "template")).toMatchObject([
    { kind: "app", name: "blog" },
    { kind: "server", name: "tokyo-1" },
  ]);
  expect((await member.ask("/api/v1/auth/me")).data).toMatchObject({ role: "member", projects: [{ role: "viewer" }] });
  await admin(`/api/v1/projects/mine/people/${member.id}`, { method: "DELETE" });
  expect(await seen()).toEqual([[], [], [], [], []]);
  expect((await member.ask("/api/v1/apps/blog")).status).toBe(404);
});

test("what a member may not know of is not there, whatever they want of it", async () => {
  const { person, put, apps, app, admin } = await world();
  const member = await person("mia", "member");
  await put(member, "developer");
  const { shop, lone } = apps;
  const { data: domain } = await admin("/api/v1/domains", { json: { domain: "shop.test", app: "shop", service: "web", port: 80 } });
  const named = {
    domains: domain.id,
    apps: "shop",
    deployments: shop.deployment.id,
    jobs: shop.deployment.jobId,
    projects: "theirs",
    servers: "oslo-1",
  };
  const routes = new Set(app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`));
  let asked = 0;
  for (const route of routes) {
    const [method = "", path = ""] = route.split(" ");
    const id = named[path.replace("/proxy/domains", "/domains").split("/")[3] as keyof typeof named];
    if (id === undefined || !path.includes("/:id")) continue;
    asked++;
    const at = path.replace(":id", id).replaceAll(/:\w+/g, "1");
    const reply = await member.ask(at, { method, ...(method !== "GET" && { json: {} }) });
    expect([403, 404], `${route}: ${reply.status}`).toContain(reply.status);
    if (path.startsWith("/api/v1/apps/") && reply.status === 404)
      expect(reply.message).toBe(
        (await member.ask(at.replace("shop", "nothing"), { method, ...(method !== "GET" && { json: {} }) })).message,
      );
  }
  expect(asked).toBeGreaterThan(50);
  for (const name of [lone.app.id, "lone"]) expect((await member.ask(`/api/v1/apps/${name}`)).status).toBe(404);
});

test("of everything that is not of one project, a member gets nothing that is somebody else's", async () => {
  const { person, put, app } = await world();
  const member = await person("mia", "member");
  await put(member, "developer");
  const routes = new Set(app.routes.filter(({ method }) => method === "GET").map(({ path }) => path));
  for (const path of routes) {
    if (path.includes(":") || path.includes("*") || path === "/api/v1/events") continue;
    const { status, data } = await member.ask(path);
    expect(JSON.stringify({ status, data }), path).not.toMatch(/"(shop|lone|theirs|oslo-1)"|hunter-2/);
  }
  for (const path of ["registries", "template-sources", "activity", "users"])
    expect((await member.ask(`/api/v1/${path}`)).status, path).toBe(403);
  expect((await member.ask("/metrics")).status).toBe(403);
});

test("a developer runs and changes the apps of their project, and nothing that belongs to the house", async () => {
  const { person, put, mine, password } = { ...(await world()), password: "correct horse battery" };
  // Somebody who sees everything may be a developer of one project too.
  for (const role of ["member", "viewer"] as const) {
    const { ask, ...user } = await person(`dev-${role}`, role);
    await put(user, "developer");
    expect((await ask("/api/v1/apps/blog/env", { method: "PUT", json: { env: [{ key: "A", value: "1" }] } })).status).toBe(200);
    expect((await ask("/api/v1/apps/blog/deploy", { json: {} })).status).toBe(202);
    expect((await ask("/api/v1/apps/blog/env/reveal", { json: { password } })).status).toBe(200);
    expect((await ask(`/api/v1/projects/${mine}/env`, { method: "PUT", json: { env: [{ key: "B", value: "2" }] } })).status).toBe(200);
    expect((await ask("/api/v1/apps/blog", { method: "PATCH", json: { labels: ["x"] } })).status).toBe(200);
    for (const [method, path] of [
      ["PATCH", "projects/mine"],
      ["DELETE", "projects/mine"],
      ["PUT", `projects/mine/people/${user.id}`],
      ["PATCH", "servers/tokyo-1"],
      ["PUT", "servers/tokyo-1/env"],
      ["POST", "servers/tokyo-1/terminal"],
      ["POST", "servers/tokyo-1/projects/x/adopt"],
      ["POST", "users"],
      ["POST", "registries"],
      ["POST", "template-sources"],
    ] as const)
      expect([403, 404], path).toContain((await ask(`/api/v1/${path}`, { method, json: {} })).status);
    expect((await ask("/api/v1/apps/shop/deploy", { json: {} })).status).toBe(role === "viewer" ? 403 : 404);
  }
});

test("a viewer of a project changes nothing there", async () => {
  const { person, put } = await world();
  const member = await person("mia", "member");
  await put(member, "viewer");
  expect((await member.ask("/api/v1/apps/blog")).status).toBe(200);
  for (const [method, path] of [
    ["POST", "apps/blog/deploy"],
    ["PUT", "apps/blog/env"],
    ["GET", "apps/blog/env"],
    ["POST", "apps/blog/env/reveal"],
    ["POST", "apps/blog/terminal"],
    ["DELETE", "apps/blog"],
    ["POST", "apps"],
    ["POST", "apps/plan"],
  ] as const) {
    const reply = await member.ask(`/api/v1/${path}`, { method, ...(method !== "GET" && { json: {} }) });
    expect(reply, path).toMatchObject({ status: 403, error: { code: "FORBIDDEN" } });
  }
});

test("a developer's new app is in a project of theirs, on a server that project is on", async () => {
  const { person, put, admin, here, there, mine, theirs } = await world();
  const { ask, ...user } = await person("mia", "member");
  await put(user, "developer");
  const add = (more: object) => ask("/api/v1/apps", { json: { name: "new", source, ...more } });
  const at = (path: string) => ({ details: [{ path, message: expect.any(String) }] });
  expect(await add({ serverId: here })).toMatchObject({ status: 400, error: at("projectId") });
  const other = (id: string) => id.slice(0, 4) + "0".repeat(id.length - 4);
  const unknown = {
    project: await add({ serverId: here, projectId: other(theirs) }),
    server: await add({ serverId: other(there), projectId: mine }),
  };
  expect(await add({ serverId: here, projectId: theirs })).toMatchObject({ status: 404, error: unknown.project.error });
  expect(await add({ serverId: there, projectId: mine })).toMatchObject({ status: 404, error: unknown.server.error });
  expect((await ask("/api/v1/apps/plan", { json: { name: "new", compose, serverId: there, projectId: mine } })).status).toBe(404);
  expect((await add({ serverId: here, projectId: mine })).status).toBe(202);
  expect((await ask("/api/v1/apps/new", { method: "PATCH", json: { projectId: theirs } })).status).toBe(404);
  expect((await ask("/api/v1/apps/new", { method: "PATCH", json: { projectId: null } })).status).toBe(403);
  // In both projects now, and neither has been given the other's server.
  await put(user, "developer", "theirs");
  expect(await add({ serverId: there, projectId: mine })).toMatchObject({ status: 403, error: at("serverId") });
  expect(await ask("/api/v1/apps/new", { method: "PATCH", json: { projectId: theirs } })).toMatchObject({
    status: 403,
    error: at("projectId"),
  });
  await admin("/api/v1/apps", { json: { name: "first", serverId: here, projectId: theirs, source } });
  expect((await ask("/api/v1/apps/new", { method: "PATCH", json: { projectId: theirs } })).status).toBe(200);
});

test("nobody gets what an app of another project left behind by taking its name", async () => {
  const { person, put, platform, here, there, mine, theirs, admin } = await world();
  const { ask, ...user } = await person("mia", "member");
  for (const project of ["mine", "theirs"]) await put(user, "developer", project);
  await admin("/api/v1/apps", { json: { name: "second", serverId: there, projectId: mine, source } });
  await platform.database.run(sql`update apps set removedAt = 1 where name in ('shop', 'lone')`);
  const add = (name: string, serverId: string, projectId: string) => ask("/api/v1/apps", { json: { name, serverId, projectId, source } });
  for (const name of ["shop", "lone"])
    expect(await add(name, there, mine)).toMatchObject({
      status: 403,
      error: { details: [{ path: "name", message: expect.any(String) }] },
    });
  expect((await ask("/api/v1/apps/plan", { json: { name: "shop", compose, serverId: there, projectId: mine } })).status).toBe(403);
  expect((await add("lone", here, mine)).status).toBe(202);
  await admin("/api/v1/apps", { json: { name: "third", serverId: there, projectId: theirs, source } });
  expect((await add("shop", there, theirs)).status).toBe(202);
});

test("an app that has left is not shown by asking for it once more, nor had at hand, nor named where it is in the way", async () => {
  const { person, put, admin, here, mine, theirs, apps } = await world();
  const { ask, ...user } = await person("mia", "member");
  await put(user, "developer");
  const add = () =>
    ask("/api/v1/apps", { json: { name: "new", source, serverId: here, projectId: mine }, headers: { "idempotency-key": "k-1" } });
  expect((await add()).status).toBe(202);
  expect((await add()).data.app.name).toBe("new");
  await ask("/api/v1/apps/new/favourite", { method: "PUT" });
  await admin("/api/v1/apps/shop/env", { method: "PUT", json: { env: [{ key: "A", value: "", from: { app: "blog", key: "KEY" } }] } });
  const stuck = await ask("/api/v1/apps/blog", { method: "DELETE" });
  expect(stuck).toMatchObject({ status: 409, error: { details: { referring: [] } } });
  expect(stuck.message).not.toContain("shop");
  expect((await admin("/api/v1/apps/blog", { method: "DELETE" })).error?.details).toEqual({ referring: [apps.shop.app.name] });
  await admin("/api/v1/apps/new", { method: "PATCH", json: { projectId: theirs } });
  expect((await add()).status).toBe(404);
  expect((await ask("/api/v1/apps/favourites")).data).toEqual({ apps: [] });
});

test("nobody gets at another project's secrets by referring to them", async () => {
  const { person, put, admin, here, mine } = await world();
  const { ask, ...user } = await person("mia", "member");
  await put(user, "developer");
  const env = [{ key: "STOLEN", value: "", secret: true, from: { app: "shop", key: "KEY" } }];
  const unknown = await ask("/api/v1/apps/blog/env", {
    method: "PUT",
    json: { env: [{ ...env[0], from: { app: "nothing", key: "KEY" } }] },
  });
  for (const [method, path, body] of [
    ["PUT", "apps/blog/env", { env }],
    ["PUT", "apps/blog/config", { env, message: "" }],
    ["POST", "apps/blog/plan", { env }],
    ["POST", "apps", { name: "thief", source, serverId: here, projectId: mine, env }],
    ["POST", "apps/plan", { name: "thief", compose, serverId: here, projectId: mine, env }],
  ] as const) {
    const reply = await ask(`/api/v1/${path}`, { method, json: body });
    expect(reply.message, path).toBe(unknown.message.replace("nothing", "shop"));
  }
  // What an administrator has tied together stays, and only that.
  await admin("/api/v1/apps/blog/env", { method: "PUT", json: { env } });
  expect((await ask("/api/v1/apps/blog/env", { method: "PUT", json: { env: [...env, { key: "A", value: "1" }] } })).status).toBe(200);
  const other = [{ ...env[0], from: { app: "shop", key: "OTHER" } }];
  expect((await ask("/api/v1/apps/blog/env", { method: "PUT", json: { env: other } })).status).toBe(400);
  // Nor by bringing back a version that did.
  await admin("/api/v1/apps/blog/env", { method: "PUT", json: { env: [{ key: "A", value: "1" }] } });
  for (const path of ["deploy", "plan"]) {
    expect((await ask(`/api/v1/apps/blog/${path}`, { json: { version: 2 } })).status, path).toBe(400);
    expect((await ask(`/api/v1/apps/blog/${path}`, { json: { version: 1 } })).status, path).not.toBe(400);
  }
});

test("a token of somebody who is no administrator only reads, in their projects", async () => {
  const { person, put, nobody } = await world();
  const { ask, ...user } = await person("mia", "member");
  await put(user, "developer");
  const { secret } = (await ask("/api/v1/tokens", { json: { name: "ci" } })).data;
  const headers = { authorization: `Bearer ${secret}` };
  expect(names(await nobody("/api/v1/apps", { headers }))).toEqual(["blog"]);
  expect((await nobody("/api/v1/apps/blog/deploy", { json: {}, headers })).status).toBe(403);
  expect((await nobody("/api/v1/apps/blog/env", { headers })).status).toBe(403);
});

test("a member learns of a server's policy whether it takes orders from them, and of nobody else", async () => {
  const { person, put, admin, services, here } = await world();
  const { ask, ...user } = await person("mia", "member");
  await put(user, "developer");
  const policy = { ...defaultPolicy, users: { only: ["root@example.org", user.email] } };
  await services.servers.said(here, { ...facts, policy });
  const only = async (as: typeof ask) => [
    (await as("/api/v1/servers/tokyo-1")).data.facts.policy.users.only,
    (await as("/api/v1/servers")).data.items.find(({ id }: { id: string }) => id === here).facts.policy.users.only,
  ];
  expect(await only(admin)).toEqual([policy.users.only, policy.users.only]);
  expect(await only(ask)).toEqual([[user.email], [user.email]]);
});
