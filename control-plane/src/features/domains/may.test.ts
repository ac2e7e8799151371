import { expect, test } from "vitest";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";

/** Two projects on one server, each with an app that has a domain; and somebody who is in the first. */
async function world(role: "developer" | "viewer") {
  const it = await domainWorld();
  const project = async (name: string) => (await it.admin("/api/v1/projects", { json: { name } })).data.id as string;
  const [mine, theirs] = [await project("mine"), await project("theirs")];
  await it.app("my-app", it.serverId, mine);
  await it.app("shop", it.serverId, theirs);
  const domain = async (name: string, app: string) => (await it.add(name, { app, www: true })).data;
  const [own, others] = [await domain("own.test", "my-app"), await domain("hidden.test", "shop")];
  const { ask, id: userId } = await it.person("mia", "member");
  const put = (as: string) => it.admin(`/api/v1/projects/mine/people/${userId}`, { method: "PUT", json: { role: as } });
  await put(role);
  return { ...it, ask, own, others };
}

test("a developer gives domains to the apps that they develop, and manages those", async () => {
  const { ask, add, own } = await world("developer");
  expect((await add("new.test", { app: "my-app" }, ask)).status).toBe(201);
  expect((await ask(`/api/v1/domains/${own.id}`, { method: "PATCH", json: { port: 81 } })).data).toMatchObject({ port: 81 });
  expect((await ask(`/api/v1/proxy/domains/${own.id}/ssl`, { method: "POST" })).status).toBe(202);
  expect((await ask(`/api/v1/domains/${own.id}`, { method: "DELETE" })).status).toBe(200);
});

test("a viewer of a project sees its domains, and changes none", async () => {
  const { ask, add, own, list } = await world("viewer");
  expect((await list("", ask)).map(({ domain }: { domain: string }) => domain)).toEqual(["own.test"]);
  expect((await ask(`/api/v1/domains/${own.id}`)).status).toBe(200);
  expect(await add("new.test", { app: "my-app" }, ask)).toMatchObject({ status: 403 });
  for (const [method, path] of [
    ["PATCH", ""],
    ["DELETE", ""],
    ["POST", "/ssl"],
  ] as const)
    expect((await ask(`/api/v1/domains/${own.id}${path}`, { method, json: {} })).status, method + path).toBe(403);
});

test("whoever sees everything and develops one project changes the domains of that one", async () => {
  const { person, admin, add, others } = await world("developer");
  const { ask, id } = await person("vera", "viewer");
  await admin(`/api/v1/projects/mine/people/${id}`, { method: "PUT", json: { role: "developer" } });
  expect((await add("new.test", { app: "my-app" }, ask)).status).toBe(201);
  expect(await add("new.shop.test", { app: "shop" }, ask)).toMatchObject({ status: 403, error: { details: [{ path: "app" }] } });
  expect((await ask(`/api/v1/domains/${others.id}`, { method: "DELETE" })).status).toBe(403);
});

test("domains of other projects are not there for a member, however they ask", async () => {
  const { ask, add, list, others, serverId } = await world("developer");
  const unknown = "dom_00000000000000000000000000";
  for (const at of ["domains", "proxy/domains"])
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/diagnosis"],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/ssl"],
    ] as const) {
      const asked = (id: string) => ask(`/api/v1/${at}/${id}${path}`, { method, ...(method !== "GET" && { json: {} }) });
      const [hidden, none] = [await asked(others.id), await asked(unknown)];
      expect(hidden, `${method} ${at}${path}`).toMatchObject({ status: 404, message: none.message, error: none.error });
    }
  for (const query of ["", "?app=shop", `?serverId=${serverId}`, "?search=test"])
    expect((await list(query, ask)).filter(({ domain }: { domain: string }) => domain !== "own.test")).toEqual([]);
  const none = await add("x.test", { app: "nothing" }, ask);
  for (const app of ["shop", "blog", others.app.id])
    expect(await add("x.test", { app }, ask)).toMatchObject({ status: 404, message: none.message, error: none.error });
  expect((await add("x.test", { app: "shop", service: "db" }, ask)).message).toBe(none.message);
  for (const path of ["", "/certificates"]) expect((await ask(`/api/v1/proxy${path}`)).status).toBe(403);
  expect((await ask("/api/v1/proxy/reload", { json: {} })).status).toBe(403);
  expect((await ask("/api/v1/proxy/certificates", { method: "PUT", json: {} })).status).toBe(403);
});

test("that a name is taken tells a member nothing of whose it is, nor whether it is a name or the other form of one", async () => {
  const { ask, add, own, admin } = await world("developer");
  for (const name of ["hidden.test", "www.hidden.test"]) {
    const reply = await add(name, { app: "my-app" }, ask);
    expect(reply).toMatchObject({ status: 409, message: `${name} leads to another app already.`, error: { code: "NAME_TAKEN" } });
    expect(await add(name, { app: "my-app", path: "/x" }, ask)).toMatchObject({ status: 409, error: reply.error });
    expect((await add(name, { app: "my-app" })).message).toBe(`${name} leads to the app shop already.`);
  }
  await admin(`/api/v1/domains/${own.id}`, { method: "PATCH", json: { www: false } });
  await add("www.own.test", { app: "shop" });
  const changed = await ask(`/api/v1/domains/${own.id}`, { method: "PATCH", json: { www: true } });
  expect(changed).toMatchObject({ status: 409, message: "www.own.test leads to another app already." });
});

test("why a server refused is told to a member unless it names what belongs to others", async () => {
  const { ask, own, admin, connect, deploys, refuses } = await world("developer");
  const agent = await connect();
  await deploys(agent);
  const problem = async (who: typeof ask) => (await who(`/api/v1/domains/${own.id}`)).data.problem as string;
  const said = "own.test: no container of my-app listens.";
  await refuses(agent, said);
  expect([await problem(ask), await problem(admin)]).toEqual([said, said]);
  for (const hidden of ["hidden.test has no container.", "No container of shop listens.", "Both own.test, WWW.hidden.test."]) {
    await admin(`/api/v1/domains/${own.id}/ssl`, { method: "POST" });
    await refuses(agent, hidden);
    expect(await problem(admin)).toBe(hidden);
    expect(await problem(ask)).toBe("Its server refused it. An administrator can see why.");
  }
});
