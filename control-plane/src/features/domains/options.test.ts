import { compare } from "bcryptjs";
import { expect, test } from "vitest";
import { SITE_OPTIONS } from "@appos/shared/site-options";
import { HOST_PROXY, TRAEFIK } from "@appos/shared/sites";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";
import { facts } from "../../platform/memory/terminal-world.ts";

/** With a server whose agent knows what a site can be told. */
async function world() {
  const it = await domainWorld();
  const agent = await it.connect();
  const says = (knows?: string[]) => agent.says({ type: "facts", facts: { ...facts, ...(knows && { knows }) } });
  await says([SITE_OPTIONS]);
  const change = (id: string, json: object) => it.admin(`/api/v1/domains/${id}`, { method: "PATCH", json });
  const site = () => it.model(agent).sites[0] as { access?: { users: { name: string; hash: string }[]; networks: string[] } };
  return { ...it, agent, says, change, site };
}
const ada = { name: "ada", password: "correct horse" };
const headers = [{ name: "X-Frame-Options", value: "DENY" }];

test.each([
  ["a header that smuggles another", { headers: [{ name: "X-A", value: "b\r\nSet-Cookie: c" }] }, "headers.0.value"],
  ["a header of the connection", { headers: [...headers, { name: "Transfer-Encoding", value: "chunked" }] }, "headers.1.name"],
  ["a header twice", { headers: [...headers, ...headers] }, "headers.1.name"],
  ["a value that a proxy puts something in the place of", { headers: [{ name: "X-A", value: "{env.PATH}" }] }, "headers.0.value"],
  ["no user and no network", { access: { users: [], networks: [] } }, "access.users"],
  ["a user without a password", { access: { users: [{ name: "ada" }] } }, "access.users.0.password"],
  ["a short password", { access: { users: [{ name: "ada", password: "short" }] } }, "access.users.0.password"],
  ["a hash", { access: { users: [{ name: "ada", hash: "$2b$08$x" }] } }, "access.users.0"],
  ["a network that is none", { access: { networks: ["10.0.0.0/8", "everybody"] } }, "access.networks.1"],
  ["a limit of nothing", { maxBodyMb: 0 }, "maxBodyMb"],
  ["a page without a word", { downPage: " \n" }, "downPage"],
])("a domain with %s is refused, where it was typed", async (_, wrong, path) => {
  const { add, list } = await world();
  const reply = await add("a.test", wrong);
  expect(reply).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST" } });
  expect((reply.error!.details as { path: string }[])[0]!.path).toBe(path);
  expect(await list()).toEqual([]);
});

test("what is said of a name holds for all of its paths, and whichever of them it is said by", async () => {
  const { add, change, agent, applies, one, site } = await world();
  const first = await add("a.test", { headers, hsts: true, maxBodyMb: 20 });
  expect(first).toMatchObject({ status: 201, data: { headers, hsts: true, maxBodyMb: 20, compress: true, access: null } });
  await applies(agent);
  const second = await add("a.test", { path: "/api", service: "api" });
  expect(second.data).toMatchObject({ headers, hsts: true, maxBodyMb: 20 });
  await applies(agent);
  expect(site()).toMatchObject({ headers, hsts: true, maxBodyMb: 20, compress: true });
  expect((await change(second.data.id, { headers: [], hsts: false, maxBodyMb: null, compress: false })).status).toBe(200);
  await applies(agent);
  expect(site()).toEqual({ name: "a.test", https: "acme", forceHttps: true, alias: null, routes: expect.any(Array) });
  expect(await one(first.data.id)).toMatchObject({ headers: [], hsts: false, maxBodyMb: null, compress: false });
});

test("a password is hashed on its way in, and is given back by nothing", async () => {
  const { add, admin, agent, applies, change, site, one } = await world();
  const access = { users: [ada], networks: ["198.51.100.0/24"] };
  const { data } = await add("a.test", { access });
  expect(data.access).toEqual({ users: [{ name: "ada" }], networks: ["198.51.100.0/24"] });
  const [told] = site().access!.users;
  expect(told!.hash).toMatch(/^\$2b\$08\$/);
  expect(await compare("correct horse", told!.hash)).toBe(true);
  await applies(agent);

  // Who is named without a password keeps the one that is there.
  const bob = { name: "bob", password: "battery staple" };
  expect((await change(data.id, { access: { users: [{ name: "ada" }, bob] } })).status).toBe(200);
  await applies(agent);
  expect(site().access).toEqual({ users: [told, { name: "bob", hash: expect.any(String) }], networks: [] });
  expect(await change(data.id, { access: { users: [{ name: "eve" }] } })).toMatchObject({
    status: 400,
    message: "Give eve a password.",
    error: { details: [{ path: "access.users.0.password" }] },
  });
  await change(data.id, { access: { users: [{ ...ada, password: "another horse" }] } });
  await applies(agent);
  expect(await compare("another horse", site().access!.users[0]!.hash)).toBe(true);

  const shown = [
    await one(data.id),
    ...(await Promise.all(["activity", "jobs", `jobs/${data.jobId}`, "domains"].map(async (at) => (await admin(`/api/v1/${at}`)).data))),
  ];
  for (const secret of ["horse", "staple", "$2b$"]) expect(JSON.stringify(shown)).not.toContain(secret);
  expect((await admin("/api/v1/activity")).data.items[0]).toMatchObject({ action: "change-domain-access", subject: "https://a.test" });
  await change(data.id, { access: null });
  await applies(agent);
  expect(site()).not.toHaveProperty("access");
});

test("the same request adds it once, and what it is known again by has nothing of its password", async () => {
  const { add, admin } = await world();
  const json = { domain: "a.test", app: "blog", service: "web", port: 80, access: { users: [ada] } };
  const send = (more: object = {}) => admin("/api/v1/domains", { json: { ...json, ...more }, headers: { "idempotency-key": "one" } });
  expect([(await send()).status, (await send()).status]).toEqual([201, 201]);
  expect(await send({ access: null })).toMatchObject({ status: 409, error: { code: "IDEMPOTENCY_CONFLICT" } });
  expect((await add("a.test")).status).toBe(409);
});

test("an agent that would serve it to everybody is not told of it, and the old one serves on", async () => {
  const { add, change, agent, applies, says, offers } = await world();
  await says();
  const { data } = await add("a.test");
  expect(data).toMatchObject({ compress: true });
  await applies(agent);
  const told = offers(agent).length;
  for (const more of [{ access: { users: [ada] } }, { headers }, { hsts: true }, { maxBodyMb: 5 }, { downPage: "<p>Back soon" }]) {
    const refused = {
      status: 409,
      error: { code: "SERVER_REFUSED" },
      message: expect.stringContaining("Update the agent of tokyo-1 first"),
    };
    expect(await add("b.test", more)).toMatchObject(refused);
    expect(await change(data.id, more)).toMatchObject(refused);
  }
  expect(offers(agent)).toHaveLength(told);
  await says([SITE_OPTIONS]);
  expect((await add("b.test", { access: { users: [ada] } })).status).toBe(201);
});

test("a server that was never connected is not told of it before it is", async () => {
  const { add } = await domainWorld();
  expect(await add("a.test", { access: { users: [ada] } })).toMatchObject({
    status: 409,
    message: expect.stringContaining("Connect tokyo-1 first."),
  });
  expect((await add("a.test")).status).toBe(201);
});

test("an agent that does not know Traefik is not told that it is to serve, and the program of before serves on", async () => {
  const { add, admin, applies, offers, model, says, agent } = await world();
  await add("a.test");
  await applies(agent);
  const told = offers(agent).length;
  const change = () => admin("/api/v1/proxy/tokyo-1", { method: "PATCH", json: { driver: "traefik" } });
  expect(await change()).toMatchObject({
    status: 409,
    error: { code: "SERVER_REFUSED" },
    message: expect.stringContaining("Traefik is to serve the domains of tokyo-1. Update the agent"),
  });
  expect(offers(agent)).toHaveLength(told);
  expect((await admin("/api/v1/proxy")).data.items).toMatchObject([{ driver: "caddy" }]);
  await says([SITE_OPTIONS, TRAEFIK]);
  expect(await change()).toMatchObject({ status: 200, data: { proxy: { driver: "traefik" }, job: { kind: "apply-sites" } } });
  expect(model(agent)).toMatchObject({ driver: "traefik", sites: [{ name: "a.test" }] });
});

test("Nginx of a server itself serves where its agent knows of that, and in a container again", async () => {
  const { add, admin, applies, model, says, agent } = await world();
  await add("a.test");
  await applies(agent);
  const change = (json: object) => admin("/api/v1/proxy/tokyo-1", { method: "PATCH", json });
  expect(await change({ driver: "traefik", place: "host" })).toMatchObject({
    status: 400,
    message: expect.stringContaining("Caddy and Nginx"),
  });
  expect(await change({ driver: "nginx", place: "host" })).toMatchObject({
    status: 409,
    error: { code: "SERVER_REFUSED" },
    message: expect.stringContaining("Nginx of tokyo-1 itself is to serve its domains. Update the agent"),
  });
  await says([SITE_OPTIONS, HOST_PROXY]);
  expect(await change({ driver: "nginx", place: "host" })).toMatchObject({
    status: 200,
    data: { proxy: { driver: "nginx", place: "host" } },
  });
  expect(model(agent)).toMatchObject({ driver: "nginx", place: "host", sites: [{ name: "a.test" }] });
  await applies(agent);
  expect(await change({ driver: "nginx", place: "host" })).toMatchObject({ data: { job: null } });
  expect(await change({ driver: "caddy", place: "host" })).toMatchObject({ data: { proxy: { driver: "caddy", place: "host" } } });
  await applies(agent);
  expect(await change({ driver: "nginx" })).toMatchObject({ data: { proxy: { place: "container" }, job: { kind: "apply-sites" } } });
  expect(model(agent)).not.toHaveProperty("place");
});
