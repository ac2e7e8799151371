import { expect, test } from "vitest";
import { SITE_OPTIONS } from "@appos/shared/site-options";
import { world } from "../../platform/memory/domain-world.ts";
import { facts } from "../../platform/memory/terminal-world.ts";

const compose = "services:\n  web: {image: 'nginx:1.29', expose: [8080]}\n  db: {image: 'postgres:17'}\n";
type World = Awaited<ReturnType<typeof world>>;
const creates = (it: World, domain: unknown, more: object = {}, headers: Record<string, string> = {}) =>
  it.admin("/api/v1/apps", {
    json: { name: "shop", serverId: it.serverId, source: { type: "compose", compose }, domain, ...more },
    headers,
  });
const knowing = async (it: World) => (await it.connect()).says({ type: "facts", facts: { ...facts, knows: [SITE_OPTIONS] } });
const wrong = (path: string, message: string) => ({
  status: 400,
  message,
  error: { code: "INVALID_REQUEST", details: [{ path, message }] },
});

test("an app may be made with its domain, and its server is told of both", async () => {
  const it = await world();
  const agent = await it.connect();
  const { status, data } = await creates(it, "Shop.Example.com");
  expect(status).toBe(202);
  expect(await it.list("?app=shop")).toMatchObject([
    {
      domain: "shop.example.com",
      service: "web",
      port: 8080,
      path: "/",
      https: "acme",
      compress: true,
      status: "saving",
      app: { id: data.app.id },
    },
  ]);
  expect(it.model(agent).sites).toMatchObject([{ name: "shop.example.com", routes: [{ app: "shop", service: "web", port: 8080 }] }]);
  await it.applies(agent);
  expect(await it.list("?app=shop")).toMatchObject([{ status: "serving" }]);
});

test("whatever a domain has can be given with it", async () => {
  const it = await world();
  await knowing(it);
  const access = { users: [{ name: "ada", password: "correct horse" }], networks: [] };
  await creates(it, { domain: "shop.test", service: "db", port: 5000, path: "/api", www: true, access, https: "off" });
  const [domain] = await it.list("?app=shop");
  expect(domain).toMatchObject({ service: "db", port: 5000, path: "/api", www: true, url: "http://shop.test/api" });
  expect(domain.access).toEqual({ users: [{ name: "ada" }], networks: [] });
});

test.each([
  ["no name", "shop", "domain.domain", "Give a host name, such as blog.example.com: without https://, a port or a path"],
  ["a service that is not there", { domain: "a.test", service: "api" }, "domain.service", "shop has no service api. It has web, db."],
  ["a service without a port", { domain: "a.test", service: "db" }, "domain.port", "Say which port of db the domain leads to."],
])("of a domain with %s nothing is made, and no app either", async (_, domain, path, message) => {
  const it = await world();
  const reply = await creates(it, domain);
  expect(reply).toMatchObject({ status: 400, error: { details: [{ path, message }] } });
  expect((await it.admin("/api/v1/apps/shop")).status).toBe(404);
});

test("where a compose file leaves a choice, it has to be made", async () => {
  const it = await world();
  const of = (text: string) => creates(it, "a.test", { source: { type: "compose", compose: text } });
  const which = "Say which service the domain leads to, and which port of it.";
  expect(await of("services: {a: {image: i, expose: [1, 2]}}")).toMatchObject(
    wrong("domain.port", "Say which port of a the domain leads to. There is 1, 2."),
  );
  expect(await of("services: {a: {image: i, expose: [1]}, b: {image: i, ports: ['80:2']}}")).toMatchObject(
    wrong("domain.service", `${which} There is a, b.`),
  );
  expect(await of("include: [more.yaml]\nservices: {a: {image: i, expose: [1]}}")).toMatchObject(wrong("domain.service", which));
});

test("a name that is somebody else's is refused, with the plan as well", async () => {
  const it = await world();
  await it.add("taken.test");
  const taken = { status: 409, message: "taken.test leads to the app blog already.", error: { code: "NAME_TAKEN" } };
  expect(await creates(it, "taken.test")).toMatchObject(taken);
  const plan = { name: "shop", serverId: it.serverId, compose, domain: "taken.test" };
  expect(await it.admin("/api/v1/apps/plan", { json: plan })).toMatchObject(taken);
  expect((await it.admin("/api/v1/apps/shop")).status).toBe(404);
  const both = await Promise.all([creates(it, "new.test"), creates(it, "new.test", { name: "other" })]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([202, 409]);
  expect(both.find(({ status }) => status === 409)).toMatchObject({ error: { code: "NAME_TAKEN" } });
});

test("the same request makes one app with one domain", async () => {
  const it = await world();
  await knowing(it);
  const access = { users: [{ name: "ada", password: "correct horse" }], networks: [] };
  const ask = () => creates(it, { domain: "a.test", access }, {}, { "idempotency-key": "once" });
  const [first, again] = [await ask(), await ask()];
  expect(again).toMatchObject({ status: 202, data: { app: { id: first.data.app.id } } });
  expect(await it.list()).toHaveLength(1);
});

test("a domain that its server cannot be told of waits with its reason", async () => {
  const it = await world({ jobs: { deny: ["apply-sites"] } });
  await it.connect();
  expect((await creates(it, "a.test")).status).toBe(202);
  expect(await it.list("?app=shop")).toMatchObject([{ status: "refused", problem: expect.stringContaining("apply-sites") }]);
});
