import { expect, test } from "vitest";
import { SITE_CERTIFICATES } from "@appos/shared/sites";
import { ADDRESS_SITES } from "@appos/shared/target-address";
import type { asker } from "../../platform/asker.ts";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";
import { facts } from "../../platform/memory/terminal-world.ts";

type Asker = ReturnType<typeof asker>;
const PATH = "/api/v1/proxy/addresses";
const NAS = { host: "192.168.1.20", port: 8080 };

async function world(knows = [SITE_CERTIFICATES, ADDRESS_SITES]) {
  const it = await domainWorld();
  const agent = await it.connect();
  await it.deploys(agent);
  await agent.says({ type: "facts", facts: { ...facts, addresses: ["192.168.1.5"], knows } });
  const lead = (domain: string, more: object = {}, who: Asker = it.admin, headers = {}) =>
    who(PATH, { json: { domain, server: "tokyo-1", address: NAS, https: "internal", ...more }, headers });
  const all = async (who: Asker = it.admin) => (await who(PATH)).data.items;
  const change = (id: string, json: object, who: Asker = it.admin) => who(`${PATH}/${id}`, { method: "PATCH", json });
  const remove = (id: string, who: Asker = it.admin) => who(`${PATH}/${id}`, { method: "DELETE" });
  return { ...it, agent, lead, all, change, remove };
}
const taken = { status: 409, error: { code: "NAME_TAKEN", details: [{ path: "domain" }] } };

test.each([
  ["the server itself", { host: "127.0.0.1" }],
  ["its own address", { host: "192.168.1.5" }],
  ["a cloud's metadata", { host: "169.254.169.254" }],
  ["that over IPv6", { host: "fd00:ec2::254" }],
  ["Docker's socket", { host: "unix:/var/run/docker.sock" }],
  ["a number for an address", { host: "2130706433" }],
  ["its own name", { host: "localhost" }],
])("a domain leads to %s for nobody, and nothing is written", async (_, wrong) => {
  const { lead, all } = await world();
  const reply = await lead("nas.lan", { address: { ...NAS, ...wrong } });
  expect(reply).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST", details: [{ path: "address.host" }] } });
  expect(await all()).toEqual([]);
});

test("a domain leads to an address: its server is told, and says how it serves it", async () => {
  const { lead, all, agent, model, applies, change, remove, serverId, admin } = await world();
  const { status, data } = await lead("NAS.lan.");
  expect(status).toBe(201);
  expect(data).toMatchObject({
    id: expect.stringMatching(/^adr_/),
    domain: "nas.lan",
    url: "https://nas.lan",
    server: { id: serverId, name: "tokyo-1" },
    address: NAS,
    status: "saving",
    seen: false,
  });
  expect(model(agent).sites).toEqual([
    { name: "nas.lan", https: "internal", forceHttps: true, alias: null, address: NAS, routes: [], compress: true },
  ]);
  const certificate = { issuer: "AppOS", names: ["nas.lan"], notBefore: 1, notAfter: 2 };
  await applies(agent, [{ name: "nas.lan", certificate, certificateProblem: null, status: 200 }]);
  expect(await all()).toMatchObject([{ status: "serving", seen: true, answers: 200, certificate }]);
  expect((await change(data.id, { address: { host: "nas", port: 81 }, forceHttps: false })).data).toMatchObject({
    address: { host: "nas", port: 81 },
    https: "internal",
    forceHttps: false,
    status: "saving",
  });
  await applies(agent);
  // What an app is served by later stays beside it.
  expect(model(agent).sites).toMatchObject([{ name: "nas.lan", address: { host: "nas" } }]);
  expect((await remove(data.id)).status).toBe(200);
  await applies(agent);
  expect([model(agent).sites, await all()]).toEqual([[], []]);
  const acts = ((await admin("/api/v1/activity")).data.items as { action: string; subject: string }[]).filter(({ action }) =>
    action.endsWith("-address"),
  );
  expect(acts.map(({ action, subject }) => [action, subject])).toEqual(
    ["remove-address", "change-address", "add-address"].map((action) => [action, "https://nas.lan"]),
  );
});

test("why its server did not lead it there stands where it is", async () => {
  const { lead, all, agent, ends } = await world();
  await lead("nas.lan", { address: { host: "nas.lan", port: 80 } });
  const message = "nas.lan cannot lead there: nas.lan leads to 172.17.0.1 is in a network of Docker's.";
  await ends(agent, { outcome: "failed", error: { code: "TARGET_REFUSED", message } });
  expect(await all()).toMatchObject([{ status: "refused", problem: message }]);
});

test("a name is an app's, the console's or an address's, and never two of these", async () => {
  const { lead, add, all } = await world();
  await add("blog.test", { https: "off" });
  expect(await lead("blog.test")).toMatchObject(taken);
  expect(await lead("appos.example.org")).toMatchObject(taken);
  expect((await lead("nas.lan")).status).toBe(201);
  expect(await lead("nas.lan")).toMatchObject(taken);
  expect(await add("nas.lan", { https: "off" })).toMatchObject(taken);
  expect(await lead("*.nas.lan")).toMatchObject({ status: 400 });
  expect(await all()).toHaveLength(1);
});

test("the same order, told once more, adds it once", async () => {
  const { lead, all } = await world();
  const key = { "idempotency-key": "once" };
  const [first, second] = [await lead("nas.lan", {}, undefined, key), await lead("nas.lan", {}, undefined, key)];
  expect([first.status, second.status, second.data.id]).toEqual([201, 201, first.data.id]);
  expect(await all()).toHaveLength(1);
});

test("only an administrator has one; who sees everything sees them, and people of projects learn of none", async () => {
  const { lead, all, change, remove, person, admin, app, serverId, add, agent, ends } = await world();
  const { data } = await lead("nas.lan");
  const { data: project } = await admin("/api/v1/projects", { json: { name: "shop" } });
  const [viewer, member] = [await person("vera", "viewer"), await person("mia", "member")];
  await admin(`/api/v1/projects/shop/people/${member.id}`, { method: "PUT", json: { role: "developer" } });
  for (const { ask } of [viewer, member]) {
    expect((await lead("other.lan", {}, ask)).status).toBe(403);
    expect((await change(data.id, { forceHttps: false }, ask)).status).toBe(403);
    expect((await remove(data.id, ask)).status).toBe(403);
  }
  expect(await all(viewer.ask)).toHaveLength(1);
  expect((await member.ask(PATH)).status).toBe(403);
  // Nor by what their own domain's server says of it.
  await app("shop", serverId, project.id);
  await add("shop.test", { app: "shop", https: "off" }, member.ask);
  await ends(agent, { outcome: "failed", error: { code: "TARGET_REFUSED", message: "nas.lan cannot lead there: 192.168.1.20 is gone." } });
  const [shown] = (await member.ask("/api/v1/domains")).data.items as { problem: string | null }[];
  expect(shown!.problem ?? "").not.toMatch(/nas|192/);
});

test("a server whose agent does not know of addresses is told of none", async () => {
  const { lead, all } = await world([SITE_CERTIFICATES]);
  expect(await lead("nas.lan")).toMatchObject({ status: 409, error: { code: "SERVER_REFUSED" } });
  expect(await all()).toEqual([]);
});

test("with a server go its addresses, and their names are free again", async () => {
  const { lead, all, admin, blog, agent, add } = await world();
  await lead("nas.lan");
  await admin(`/api/v1/apps/${blog.app.id}`, { method: "DELETE" });
  const removal = agent.heard("offer").find(({ kind }) => kind === "remove-app");
  if (removal) {
    await agent.says({ type: "accepted", jobId: removal["jobId"] });
    await agent.says({ type: "finished", jobId: removal["jobId"], lastSeq: 0, outcome: "succeeded", result: {} });
  }
  expect((await admin("/api/v1/servers/tokyo-1", { method: "DELETE" })).status).toBe(200);
  expect(await all()).toEqual([]);
  expect((await add("nas.lan", { app: "blog" })).status).toBe(404);
});

test("a server that has nothing but addresses is told what all share, and people of certificates that end", async () => {
  const { lead, agent, applies, admin, services, offers } = await world();
  await lead("nas.test", { https: "acme" });
  const notAfter = Date.now() + 12.5 * 86_400_000;
  const certificate = { issuer: "Pebble", names: ["nas.test"], notBefore: notAfter - 90 * 86_400_000, notAfter };
  await applies(agent, [{ name: "nas.test", certificate, certificateProblem: null, status: 200 }]);
  for (let i = 0; i < 2; i++) await services.domains.proxies.tick();
  const ends = ((await admin("/api/v1/activity")).data.items as { action: string; subject: string }[]).filter(
    ({ action }) => action === "certificate-ends",
  );
  expect(ends.map(({ subject }) => subject)).toEqual(["nas.test (13 days left)"]);
  const count = offers(agent).length;
  await admin("/api/v1/proxy/certificates", { method: "PUT", json: { directory: "https://acme.test/dir" } });
  expect(offers(agent)).toHaveLength(count + 1);
  await applies(agent);
  expect((await admin("/api/v1/proxy/reload", { json: {} })).data.jobs).toHaveLength(1);
});
