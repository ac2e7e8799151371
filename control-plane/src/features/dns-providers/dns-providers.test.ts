import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { DNS_CHALLENGES } from "@appos/shared/dns-providers";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";
import { facts } from "../../platform/memory/terminal-world.ts";

const TOKEN = "a-token-that-nothing-gives-back";
const access = { kind: "cloudflare", token: TOKEN };

/** With a server whose agent proves names in the DNS. */
async function world() {
  const it = await domainWorld();
  const agent = await it.connect();
  const says = (knows: string[]) => agent.says({ type: "facts", facts: { ...facts, knows } });
  await says([DNS_CHALLENGES]);
  const provide = (zones: string[], more: object = {}, who = it.admin) =>
    who("/api/v1/dns-providers", { json: { name: "Company", zones, access, ...more } });
  const replace = (id: string, json: object) => it.admin(`/api/v1/dns-providers/${id}`, { method: "PUT", json });
  const remove = (id: string) => it.admin(`/api/v1/dns-providers/${id}`, { method: "DELETE" });
  const change = (id: string, json: object, who = it.admin) => who(`/api/v1/domains/${id}`, { method: "PATCH", json });
  const told = () => it.model(agent) as unknown as { sites: object[]; dnsProviders: object[] };
  const shown = async () => (await it.admin("/api/v1/dns-providers")).data.items;
  return { ...it, agent, says, provide, replace, remove, change, told, shown };
}
const pathOf = ({ error }: { error?: { details?: unknown } | undefined }) => (error!.details as { path: string }[])[0]!.path;

test("a name in one of its zones is proven by it, and its server is told how; one in no zone of it is refused", async () => {
  const { add, provide, told, agent, applies, change, one, list } = await world();
  const { status, data } = await provide(["Example.com.", "sub.example.org"]);
  expect([status, data]).toMatchObject([
    201,
    { name: "Company", kind: "cloudflare", zones: ["example.com", "sub.example.org"], usedBy: [] },
  ]);
  const wrong = await add("blog.example.org", { dnsProviderId: data.id });
  expect(wrong).toMatchObject({
    status: 400,
    message: "The DNS provider Company is for example.com, sub.example.org, and not for blog.example.org.",
  });
  // Its partner would be proven by it as well.
  expect((await add("sub.example.org", { dnsProviderId: data.id, www: true })).status).toBe(201);
  await applies(agent);
  for (const more of [{ dnsProviderId: "dns_none" }, { dnsProviderId: data.id, https: "off" }])
    expect(pathOf(await add("blog.example.com", more)), JSON.stringify(more)).toBe("dnsProviderId");
  const { data: blog } = await add("blog.example.com", { dnsProviderId: data.id });
  await applies(agent);
  expect(told().dnsProviders).toEqual([{ id: data.id, name: "Company", zones: ["example.com", "sub.example.org"], access }]);
  expect(told().sites).toMatchObject([{ name: "blog.example.com", https: "acme", dnsProviderId: data.id }, { name: "sub.example.org" }]);
  expect(await one(blog.id)).toMatchObject({ dnsProviderId: data.id });
  // Whoever goes back to HTTP, or to no HTTPS at all, keeps nothing of it; and a server that does not use one is not told of it.
  expect((await change(blog.id, { https: "off" })).data).toMatchObject({ dnsProviderId: null });
  await applies(agent);
  for (const { id, domain } of await list()) if (domain !== "blog.example.com") await change(id, { dnsProviderId: null });
  await applies(agent);
  expect(told().dnsProviders).toEqual([]);
});

test("credentials are given back by nothing: not by the API, nor by activity, jobs and the database", async () => {
  const { add, admin, provide, agent, applies, replace, platform, list } = await world();
  const { data } = await provide(["example.com"]);
  await add("blog.example.com", { dnsProviderId: data.id });
  await applies(agent);
  const second = { kind: "rfc2136", server: "ns.example.com", keyName: "appos", algorithm: "hmac-sha256", secret: "YW5vdGhlciBzZWNyZXQ=" };
  expect((await replace(data.id, { access: second })).data).toMatchObject({
    name: "Company",
    kind: "rfc2136",
    usedBy: ["blog.example.com"],
  });
  await applies(agent);
  const { items } = (await admin("/api/v1/jobs")).data as { items: { id: string }[] };
  const everything = [
    data,
    await list(),
    (await admin("/api/v1/dns-providers")).data,
    (await admin("/api/v1/activity")).data,
    ...(await Promise.all(items.flatMap(({ id }) => [admin(`/api/v1/jobs/${id}`), admin(`/api/v1/jobs/${id}/entries`)]))),
    await platform.database.all(sql`select * from dns_providers`),
    await platform.database.all(sql`select * from jobs`),
  ];
  const text = JSON.stringify(everything);
  expect(text).toContain("change-dns-provider");
  for (const secret of [TOKEN, second.secret]) expect(text).not.toContain(secret);
});

test("servers are told of another token at once; domains keep it from being removed, or made one of other zones", async () => {
  const { add, provide, agent, applies, replace, remove, told, change, shown } = await world();
  const { data } = await provide(["example.com"]);
  const { data: blog } = await add("blog.example.com", { dnsProviderId: data.id });
  await applies(agent);
  await replace(data.id, { access: { kind: "cloudflare", token: "another" } });
  expect(told().dnsProviders).toMatchObject([{ access: { token: "another" } }]);
  await applies(agent);
  expect(await replace(data.id, { zones: ["example.org"] })).toMatchObject({
    status: 409,
    message: expect.stringContaining("blog.example.com"),
  });
  expect(await remove(data.id)).toMatchObject({ status: 409, message: expect.stringContaining("blog.example.com") });
  await change(blog.id, { dnsProviderId: null });
  expect((await remove(data.id)).status).toBe(200);
  expect(await shown()).toEqual([]);
});

test.each([
  ["zones", { zones: [] }],
  ["zones.0", { zones: ["not a name"] }],
  ["access.token", { access: { kind: "hetzner", token: "two words" } }],
  ["access.secret", { access: { kind: "rfc2136", server: "ns1.example.com", keyName: "k", secret: "no base64!" } }],
  ["access.server", { access: { kind: "rfc2136", server: "https://ns1.example.com", keyName: "k", secret: "YQ==" } }],
  ["access.server", { access: { kind: "rfc2136", server: "ns1.example.com:70000", keyName: "k", secret: "YQ==" } }],
  ["access.kind", { access: { kind: "carrier-pigeon", token: "x" } }],
])("what is wrong is said at its field: %s", async (path, more) => {
  const { provide, shown } = await world();
  expect(pathOf(await provide(["example.com"], more))).toBe(path);
  expect(await shown()).toEqual([]);
});

test("an agent that cannot prove names in the DNS is not told of them", async () => {
  const { add, provide, says, list } = await world();
  await says([]);
  const { data } = await provide(["example.com"]);
  expect(await add("blog.example.com", { dnsProviderId: data.id })).toMatchObject({
    status: 409,
    error: { code: "SERVER_REFUSED" },
    message: expect.stringContaining("Update the agent"),
  });
  expect(await list()).toEqual([]);
});

test("administrators alone manage them, and have names proven by them", async () => {
  const { add, admin, app, person, serverId, provide, change } = await world();
  const { data: provider } = await provide(["example.com"]);
  const mine = (await admin("/api/v1/projects", { json: { name: "mine" } })).data.id as string;
  await app("my-app", serverId, mine);
  const { ask, id } = await person("mia", "member");
  await admin(`/api/v1/projects/mine/people/${id}`, { method: "PUT", json: { role: "developer" } });
  expect((await ask("/api/v1/dns-providers")).status).toBe(403);
  expect((await provide(["example.com"], {}, ask)).status).toBe(403);
  for (const method of ["PUT", "DELETE"])
    expect((await ask(`/api/v1/dns-providers/${provider.id}`, { method, ...(method === "PUT" && { json: {} }) })).status).toBe(403);
  const refused = await add("bank.example.com", { app: "my-app", dnsProviderId: provider.id }, ask);
  expect(refused).toMatchObject({ status: 400, message: "There is no such DNS provider." });
  const { data: domain } = await add("shop.example.com", { app: "my-app" }, ask);
  expect((await change(domain.id, { dnsProviderId: provider.id })).status).toBe(200);
  // What an administrator has chosen stays where a developer changes something else.
  expect((await change(domain.id, { port: 81 }, ask)).data).toMatchObject({ port: 81, dnsProviderId: provider.id });
});
