import { expect, test } from "vitest";
import { SITE_CERTIFICATES, WILDCARD_SITES } from "@appos/shared/sites";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";
import { facts } from "../../platform/memory/terminal-world.ts";
import { issued } from "../certificates/fake-certificates.ts";

const ZONES = ["*.example.com", "*.b.example.com", "*.example.org"];
/** Two projects on one server, each with two apps, a developer, and a certificate for these; and one that is for all. */
async function world(knows = [SITE_CERTIFICATES, WILDCARD_SITES]) {
  const it = await domainWorld();
  const agent = await it.connect();
  await agent.says({ type: "facts", facts: { ...facts, knows } });
  async function certificate(more: object = {}, ask = it.admin) {
    const { chain, key } = await issued({ names: ZONES, days: 90, now: it.services.now() });
    const { data } = await ask("/api/v1/certificates", { json: { chain, key, ...more } });
    return { https: "own", certificateId: data.id as string };
  }
  async function project(name: string) {
    const { id } = (await it.admin("/api/v1/projects", { json: { name } })).data as { id: string };
    await it.app(`${name}-app`, it.serverId, id);
    await it.app(`${name}-other`, it.serverId, id);
    const { ask, id: userId } = await it.person(`${name}-dev`, "member");
    await it.admin(`/api/v1/projects/${name}/people/${userId}`, { method: "PUT", json: { role: "developer" } });
    const own = await certificate({ project: name }, ask);
    return { id, ask, own, add: (domain: string, more: object = {}) => it.add(domain, { app: `${name}-app`, ...more }, ask) };
  }
  const projects = { shop: await project("shop"), wiki: await project("wiki") };
  for (let i = 0; i < 5; i++) await it.deploys(agent);
  return { ...it, ...projects, agent, own: await certificate() };
}
const refused = (code: string, path: string) => ({ error: { code, details: [{ path }] } });
const WILDCARD = "*.example.com";

test("a wildcard is one name however it is written, served on its server with a certificate that is for it", async () => {
  const { add, own, agent, model, one } = await world();
  const { status, data } = await add(" *.Example.COM. ", own);
  expect(status).toBe(201);
  expect(data).toMatchObject({ domain: WILDCARD, url: "https://*.example.com", https: "own" });
  expect(model(agent).sites).toMatchObject([{ name: WILDCARD, alias: null, certificateId: own.certificateId }]);
  expect(await add("*.example.com", own)).toMatchObject({ status: 409, ...refused("NAME_TAKEN", "domain") });
  expect(await add("*.elsewhere.test", own)).toMatchObject({ status: 400, ...refused("INVALID_REQUEST", "certificateId") });
  expect(await add("*.c.test", { https: "internal", www: true })).toMatchObject({ status: 400, ...refused("INVALID_REQUEST", "www") });
  expect((await one(data.id)).domain).toBe(WILDCARD);
});

test("no authority is asked for one over HTTP, and none is made to be", async () => {
  const { add, own, admin, list } = await world();
  expect(await add(WILDCARD)).toMatchObject({ status: 400, ...refused("INVALID_REQUEST", "https") });
  expect(await list()).toEqual([]);
  const { data } = await add(WILDCARD, own);
  const change = await admin(`/api/v1/domains/${data.id}`, { method: "PATCH", json: { https: "acme" } });
  expect(change).toMatchObject({ status: 400, ...refused("INVALID_REQUEST", "https") });
});

test("a server whose agent takes it for no name is not told of one", async () => {
  const { add, own, list } = await world([SITE_CERTIFICATES]);
  expect(await add(WILDCARD, own)).toMatchObject({
    status: 409,
    error: { code: "SERVER_REFUSED" },
    message: expect.stringContaining("Update the agent of tokyo-1 first"),
  });
  expect(await list()).toEqual([]);
});

test("a developer has one where a certificate is the proof, and without one only an administrator does", async () => {
  const { shop, add } = await world();
  for (const https of ["internal", "off"]) {
    expect(await shop.add(WILDCARD, { https }), https).toMatchObject({ status: 403, ...refused("FORBIDDEN", "https") });
    expect((await add(`*.${https}.test`, { https, app: "shop-app" })).status, https).toBe(201);
  }
  const { status, data } = await shop.add(WILDCARD, shop.own);
  expect(status).toBe(201);
  const change = (json: object) => shop.ask(`/api/v1/domains/${data.id}`, { method: "PATCH", json });
  expect(await change({ https: "off" })).toMatchObject({ status: 403, ...refused("FORBIDDEN", "https") });
  expect((await change({ compress: false })).status).toBe(200);
  // What an administrator has added so, its project's people may change but for that.
  const internal = (await shop.ask("/api/v1/domains?search=internal")).data.items[0] as { id: string };
  expect((await shop.ask(`/api/v1/domains/${internal.id}`, { method: "PATCH", json: { compress: false } })).status).toBe(200);
});

test("names below a wildcard are its project's and an administrator's, and nobody is told whose it is", async () => {
  const { shop, wiki, add, serverId } = await world();
  await shop.add(WILDCARD, shop.own);
  for (const [name, more, path] of [
    ["blog.example.com", {}, "domain"],
    ["example.com", { www: true }, "www"],
  ] as const) {
    const reply = await wiki.add(name, more);
    expect(reply, name).toMatchObject({ status: 409, ...refused("NAME_TAKEN", path) });
    expect(reply.message).not.toContain("shop");
  }
  // It is one label, and its zone is no name of it.
  for (const name of ["a.blog.example.com", "example.com"]) expect((await wiki.add(name)).status, name).toBe(201);
  expect((await shop.add("blog.example.com", { app: "shop-other" })).status).toBe(201);
  expect((await add("wiki.example.com", { app: "wiki-app" })).status).toBe(201);
  // Once it has the name, it may change it.
  const [{ id }] = (await wiki.ask("/api/v1/domains?search=wiki.example")).data.items as [{ id: string }];
  expect((await wiki.ask(`/api/v1/domains/${id}`, { method: "PATCH", json: { compress: false } })).status).toBe(200);
  const source = { type: "compose", compose: "services:\n  web:\n    image: a:1\n" };
  const made = (name: string, ask: typeof shop.ask, project: string, domain: string) =>
    ask("/api/v1/apps", { json: { name, serverId, projectId: project, source, domain: { domain, service: "web", port: 80 } } });
  expect(await made("late", wiki.ask, wiki.id, "late.example.com")).toMatchObject({ status: 409, error: { code: "NAME_TAKEN" } });
  expect((await made("late", shop.ask, shop.id, "late.example.com")).status).toBe(202);
  expect(await made("star", shop.ask, shop.id, "*.b.example.com")).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST" } });
});

test("a wildcard over names of another project is an administrator's to give, and takes nothing from them", async () => {
  const { own, shop, wiki, add, agent, model, applies } = await world();
  await wiki.add("blog.example.com", { www: true });
  await wiki.add("a.b.example.com");
  expect(await shop.add(WILDCARD, shop.own)).toMatchObject({ status: 409, ...refused("NAME_TAKEN", "domain") });
  expect(await shop.add("*.b.example.com", shop.own)).toMatchObject({ status: 409, ...refused("NAME_TAKEN", "domain") });
  expect((await wiki.add(WILDCARD, wiki.own)).status).toBe(201);
  expect((await add("*.b.example.com", { ...own, app: "shop-app" })).status).toBe(201);
  await applies(agent);
  expect(model(agent).sites.map(({ name }) => name)).toEqual(["*.b.example.com", WILDCARD, "a.b.example.com", "blog.example.com"]);
});

test("a wildcard around the console's own name is an administrator's to give", async () => {
  const { own, shop, add } = await world();
  // The console is appos.example.org.
  expect(await shop.add("*.example.org", shop.own)).toMatchObject({ status: 403, ...refused("FORBIDDEN", "domain") });
  expect((await add("*.example.org", { ...own, app: "blog" })).status).toBe(201);
  expect((await shop.add(WILDCARD, shop.own)).status).toBe(201);
});
