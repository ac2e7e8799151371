import { expect, test } from "vitest";
import { setUp } from "../../platform/memory/tester.ts";

const compose = "services:\n  web:\n    image: nginx:1.29\n";
const blog = { name: "blog", source: { type: "compose", compose } };

async function world() {
  const it = await setUp();
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  return { ...it, serverId: data.server.id as string };
}

test.each([
  ["is no YAML", "services:\n  web: [", { line: 2 }],
  ["has a tab where YAML has none", "services:\n\tweb: {}", { line: 2, column: 1 }],
  ["has no services", "volumes: {}", {}],
  ["has services that are no map", "services: [web]", { line: 1, column: 11 }],
  ["is empty", "  \n", {}],
  ["has keys that are no text", `services:\n${"? ".repeat(500)}`, {}],
  ["is nested without end", `services: ${"[".repeat(500)}${"]".repeat(500)}`, {}],
  [
    "multiplies itself",
    `a: &a [x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f", "g"].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${"abcdefg"[i]}`).join(",")}]`).join("\n")}\nservices: {w: *g}`,
    {},
  ],
])("a compose file that %s is refused, and nothing is written", async (_, text, where) => {
  const { admin } = await world();
  const reply = await admin("/api/v1/apps", { json: { ...blog, source: { type: "compose", compose: text } } });
  expect(reply).toMatchObject({ status: 400, error: { code: "INVALID_COMPOSE", details: where } });
  expect((await admin("/api/v1/apps")).data.items).toEqual([]);
  expect((await admin("/api/v1/jobs")).data.items).toEqual([]);
});

test("a compose file and variables that do not fit into one frame are refused", async () => {
  const { admin } = await world();
  const env = Array.from({ length: 4 }, (_, i) => ({ key: `K${i}`, value: "\u0001".repeat(20_000) }));
  expect(await admin("/api/v1/apps", { json: { ...blog, env } })).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST" } });
});

test.each(["x;id", "$(id)", "--help", "../x", "a b", "A", ".x", "", "a".repeat(64), "ａpp", "‮app"])(
  "an app cannot be named %j",
  async (name) => {
    const { admin } = await world();
    expect(await admin("/api/v1/apps", { json: { ...blog, name } })).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST" } });
  },
);

test("a name is given once", async () => {
  const { admin } = await world();
  await admin("/api/v1/apps", { json: blog });
  expect(await admin("/api/v1/apps", { json: blog })).toMatchObject({ status: 409, error: { code: "NAME_TAKEN" } });
  expect((await admin("/api/v1/apps")).data.items).toHaveLength(1);
});

test("without a server there is nothing to deploy to; with two, one has to be named", async () => {
  const { admin } = await setUp();
  expect(await admin("/api/v1/apps", { json: blog })).toMatchObject({ status: 400, message: expect.stringContaining("no server") });
  await admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  await admin("/api/v1/servers", { json: { name: "tokyo-2" } });
  expect(await admin("/api/v1/apps", { json: blog })).toMatchObject({ status: 400, message: expect.stringContaining("Say which server") });
});

test("creating an app writes the app, its version, its deployment and its job together, and says for what it waits", async () => {
  const { admin } = await world();
  const { status, data } = await admin("/api/v1/apps", { json: blog });
  expect(status).toBe(202);
  expect(data).toMatchObject({
    app: { name: "blog", status: "deploying", version: 1 },
    deployment: { release: 1, status: "pending", waitingFor: { reason: "server", serverName: "tokyo-1" } },
  });
  expect((await admin("/api/v1/apps/blog/versions/1")).data.compose).toBe(compose);
  expect((await admin("/api/v1/activity")).data.items[0]).toMatchObject({
    action: "create-app",
    subject: "blog",
    deploymentId: data.deployment.id,
  });
});

test("the same Idempotency-Key gives the first app and deployment, even asked at the same time; for another app it is a conflict", async () => {
  const { admin } = await world();
  const headers = { "idempotency-key": "key-1" };
  const [first, second] = await Promise.all([
    admin("/api/v1/apps", { json: blog, headers }),
    admin("/api/v1/apps", { json: blog, headers }),
  ]);
  expect(second.data.deployment.id).toBe(first.data.deployment.id);
  expect(await admin("/api/v1/apps", { json: { ...blog, name: "wiki" }, headers })).toMatchObject({
    status: 409,
    error: { code: "IDEMPOTENCY_CONFLICT" },
  });
  expect((await admin("/api/v1/apps")).data.items).toHaveLength(1);
});

test("ten people who deploy at once make ten releases, and the newest takes the place of those still queued", async () => {
  const { admin } = await world();
  await admin("/api/v1/apps", { json: blog });
  const replies = [];
  for (let i = 0; i < 10; i++) replies.push(await admin("/api/v1/apps/blog/deploy", { method: "POST" }));
  expect(replies.map(({ data }) => data.deployment.release)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const { items } = (await admin("/api/v1/deployments?pageSize=20")).data;
  expect(items.map(({ status }: { status: string }) => status)).toEqual(["pending", ...Array(10).fill("canceled")]);
});

test("a deployment that waits can be canceled, and the app's other deployments are untouched", async () => {
  const { admin } = await world();
  const { data } = await admin("/api/v1/apps", { json: blog });
  const reply = await admin(`/api/v1/deployments/${data.deployment.id}/cancel`, { method: "POST" });
  expect(reply).toMatchObject({ status: 202, data: { status: "canceled" } });
  expect((await admin("/api/v1/apps/blog")).data.status).toBe("new");
});

test("an edit that began from an older version is a conflict, and both versions stay as they are", async () => {
  const { admin } = await world();
  await admin("/api/v1/apps", { json: blog });
  const edit = (text: string) => admin("/api/v1/apps/blog/compose", { method: "PUT", json: { compose: text, basedOn: 1 } });
  expect((await edit(compose.replace("1.29", "1.30"))).data.number).toBe(2);
  expect(await edit(compose.replace("1.29", "1.31"))).toMatchObject({ status: 409, error: { code: "CONFLICT", details: { version: 2 } } });
  expect((await admin("/api/v1/apps/blog/versions")).data.pagination.total).toBe(2);
});

test("secret variables never come back, and are sealed in the database", async () => {
  const { admin, viewer } = await world();
  const env = [
    { key: "PLAIN", value: "seen", secret: false },
    { key: "PASSWORD", value: "CNRY-1", secret: true },
  ];
  const created = await admin("/api/v1/apps", { json: { ...blog, env } });
  const replies = [created, await admin("/api/v1/apps/blog/env"), await admin("/api/v1/jobs"), await admin("/api/v1/apps/blog/versions/1")];
  expect(JSON.stringify(replies)).not.toContain("CNRY-1");
  expect(replies[1]!.data.env).toEqual([
    { key: "PLAIN", value: "seen", secret: false },
    { key: "PASSWORD", value: null, secret: true },
  ]);
  expect((await (await viewer())("/api/v1/apps/blog/env")).status).toBe(403);
});

test("a server with apps cannot be removed", async () => {
  const { admin, serverId } = await world();
  await admin("/api/v1/apps", { json: blog });
  expect(await admin(`/api/v1/servers/${serverId}`, { method: "DELETE" })).toMatchObject({
    status: 409,
    message: expect.stringContaining("1 app"),
  });
});
