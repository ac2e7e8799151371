import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { SITE_CERTIFICATES } from "@appos/shared/sites";
import type { asker } from "../../platform/asker.ts";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";
import { facts } from "../../platform/memory/terminal-world.ts";
import { issued, type Issued } from "./fake-certificates.ts";

type Asker = ReturnType<typeof asker>;

/** With a server whose agent knows certificates. */
async function world() {
  const it = await domainWorld();
  const agent = await it.connect();
  const says = (knows?: string[]) => agent.says({ type: "facts", facts: { ...facts, ...(knows && { knows }) } });
  await says([SITE_CERTIFICATES]);
  const now = it.services.now();
  const made = (names: string[], days = 90) => issued({ names, days, now });
  const upload = ({ chain, key }: Issued, more: object = {}, who: Asker = it.admin) =>
    who("/api/v1/certificates", { json: { chain, key, ...more } });
  const change = (id: string, json: object, who: Asker = it.admin) => who(`/api/v1/domains/${id}`, { method: "PATCH", json });
  const replace = (id: string, { chain, key }: Issued) => it.admin(`/api/v1/certificates/${id}`, { method: "PUT", json: { chain, key } });
  const told = () => it.model(agent) as unknown as { sites: object[]; certificates: { id: string; pem: string }[] };
  return { ...it, agent, says, made, upload, change, replace, told };
}
const pathOf = ({ error }: { error?: { details?: unknown } | undefined }) => (error!.details as { path: string }[])[0]!.path;

test("a name is served with an uploaded certificate that covers it, and one that does not is refused with its names", async () => {
  const { add, upload, made, told, agent, applies, change, one, list } = await world();
  const [wild, other] = [await made(["*.example.com", "example.com"]), await made(["elsewhere.test"])];
  const { status, data } = await upload(wild);
  expect(status).toBe(201);
  const { data: wrong } = await upload(other);
  const refused = await add("blog.example.com", { https: "own", certificateId: wrong.id });
  expect(refused).toMatchObject({ status: 400, message: expect.stringContaining("for elsewhere.test, and not for blog.example.com") });
  expect(pathOf(refused)).toBe("certificateId");
  // Its www. partner would be served with it as well.
  expect((await add("blog.example.com", { https: "own", certificateId: data.id, www: true })).message).toContain("www.blog.example.com");
  for (const more of [{ https: "own" }, { https: "own", certificateId: "crt_none" }, { https: "acme", certificateId: data.id }])
    expect(pathOf(await add("blog.example.com", more)), JSON.stringify(more)).toBe("certificateId");
  expect(await list()).toEqual([]);

  const { data: blog } = await add("blog.example.com", { https: "own", certificateId: data.id });
  await applies(agent);
  await add("shop.example.com", { https: "own", certificateId: data.id });
  await applies(agent);
  expect(told().sites).toMatchObject([{ name: "blog.example.com", https: "own", certificateId: data.id }, { name: "shop.example.com" }]);
  expect(told().certificates).toEqual([{ id: data.id, pem: expect.stringContaining(wild.chain.trim()) }]);
  expect(await one(blog.id)).toMatchObject({ https: "own", certificateId: data.id });
  // Who goes back to Let's Encrypt keeps nothing of it.
  expect((await change(blog.id, { https: "acme" })).data).toMatchObject({ https: "acme", certificateId: null });
});

test("a key is given back by nothing: not by the API, nor by activity, jobs and the database", async () => {
  const { add, admin, upload, made, agent, applies, told, replace, platform, list } = await world();
  const [first, second] = [await made(["blog.test"]), await made(["blog.test"], 200)];
  const { data } = await upload(first);
  await add("blog.test", { https: "own", certificateId: data.id });
  await applies(agent);
  await replace(data.id, second);
  await applies(agent);
  const secrets = [first, second].map(({ key }) => key.split("\n")[1]!);
  expect(told().certificates[0]!.pem).toContain(secrets[1]);
  const { items } = (await admin("/api/v1/jobs")).data as { items: { id: string }[] };
  const rows = await platform.database.all(sql`select * from certificates`);
  const everything = [
    data,
    await list(),
    (await admin("/api/v1/certificates")).data,
    (await admin("/api/v1/activity")).data,
    ...(await Promise.all(items.flatMap(({ id }) => [admin(`/api/v1/jobs/${id}`), admin(`/api/v1/jobs/${id}/entries`)]))),
    rows,
    await platform.database.all(sql`select * from jobs`),
  ];
  const text = JSON.stringify(everything);
  expect(text).toContain("replace-certificate");
  for (const secret of [...secrets, "PRIVATE KEY"]) expect(text).not.toContain(secret);
  // Nothing is at the address of one, but what puts another in its place or removes it.
  expect((await admin(`/api/v1/certificates/${data.id}`)).status).toBe(404);
});

test("a newer one takes its place, and servers that use it are told; one that does not cover their names does not", async () => {
  const { add, upload, made, agent, applies, told, replace, offers } = await world();
  const { data } = await upload(await made(["blog.test"]));
  await add("blog.test", { https: "own", certificateId: data.id });
  await applies(agent);
  const before = told().certificates[0]!.pem;
  expect(await replace(data.id, await made(["other.test"]))).toMatchObject({ status: 409, message: expect.stringContaining("blog.test") });
  const count = offers(agent).length;
  const { data: renewed } = await replace(data.id, await made(["blog.test", "more.test"], 300));
  expect(renewed).toMatchObject({ id: data.id, names: ["blog.test", "more.test"], usedBy: ["blog.test"] });
  expect(offers(agent)).toHaveLength(count + 1);
  expect(told().certificates[0]!.pem).not.toBe(before);
});

test("people are told ahead of its end, and that nobody but them renews it", async () => {
  const { add, admin, upload, made, agent, applies, services } = await world();
  const { data } = await upload(await made(["blog.test"], 5));
  await add("blog.test", { https: "own", certificateId: data.id });
  const { names, issuer, notBefore, notAfter } = data;
  const shown = { issuer, names, notBefore: notBefore - 300 * 86_400_000, notAfter };
  await applies(agent, [{ name: "blog.test", certificate: shown, certificateProblem: null, status: 200 }]);
  await services.domains.proxies.tick();
  const { items } = (await admin("/api/v1/activity")).data as { items: { action: string; subject: string }[] };
  expect(items).toContainEqual(
    expect.objectContaining({ action: "certificate-ends", subject: "blog.test (5 days left, replace it with a newer one)" }),
  );
});

test("what is too long to be a certificate is refused, and no address leads to a file", async () => {
  const { admin, made, upload } = await world();
  const one = await made(["a.test"]);
  const long = await upload({ ...one, chain: one.chain.repeat(200) });
  expect([long.status, pathOf(long)]).toEqual([400, "chain"]);
  expect((await upload({ ...one, chain: "A".repeat(10_000_000) })).status).toBe(413);
  for (const id of ["..%2F..%2Fx.pem", "../../x.pem"])
    expect((await admin(`/api/v1/certificates/${id}`, { method: "DELETE" })).status, id).toBe(404);
  expect((await admin("/api/v1/certificates")).data.items).toEqual([]);
});

test("one that domains use is not removed", async () => {
  const { add, admin, upload, made } = await world();
  const { data } = await upload(await made(["blog.test"]));
  const { data: blog } = await add("blog.test", { https: "own", certificateId: data.id });
  const remove = () => admin(`/api/v1/certificates/${data.id}`, { method: "DELETE" });
  expect(await remove()).toMatchObject({ status: 409, message: expect.stringContaining("blog.test") });
  await admin(`/api/v1/domains/${blog.id}`, { method: "DELETE" });
  expect((await remove()).status).toBe(200);
  expect((await admin("/api/v1/certificates")).data.items).toEqual([]);
});

test("an agent that knows no such certificates is not told of them", async () => {
  const { add, upload, made, says, list } = await world();
  await says([]);
  const { data } = await upload(await made(["blog.test"]));
  for (const more of [{ https: "own", certificateId: data.id }, { https: "internal" }])
    expect(await add("blog.test", more)).toMatchObject({
      status: 409,
      error: { code: "SERVER_REFUSED" },
      message: expect.stringContaining("Update the agent"),
    });
  expect(await list()).toEqual([]);
});

test("the root of a server's own authority is kept for whoever is to trust it", async () => {
  const { add, admin, nobody, agent, ends } = await world();
  const { data } = await add("wiki.lan", { https: "internal" });
  expect((await admin(`/api/v1/domains/${data.id}/authority`)).status).toBe(404);
  await ends(agent, { outcome: "succeeded", result: { sites: [], authority: "-----BEGIN CERTIFICATE-----\nx" } });
  for (const path of [`/api/v1/domains/${data.id}/authority`, "/api/v1/proxy/tokyo-1/authority"]) {
    const reply = await admin(path);
    expect(reply, path).toMatchObject({ status: 200, message: "-----BEGIN CERTIFICATE-----\nx" });
    expect((await nobody(path)).status).toBe(401);
  }
});

test("developers manage the certificates of their project, and learn of no others", async () => {
  const { add, admin, app, person, serverId, upload, made, change } = await world();
  const project = async (name: string) => (await admin("/api/v1/projects", { json: { name } })).data.id as string;
  const [mine, theirs] = [await project("mine"), await project("theirs")];
  await app("my-app", serverId, mine);
  await app("shop", serverId, theirs);
  const { ask, id: userId } = await person("mia", "member");
  const put = (role: string) => admin(`/api/v1/projects/mine/people/${userId}`, { method: "PUT", json: { role } });
  await put("developer");
  const [common, hidden] = [
    (await upload(await made(["own.test"]))).data,
    (await upload(await made(["own.test"]), { project: "theirs" })).data,
  ];
  expect(await upload(await made(["own.test"]), {}, ask)).toMatchObject({ status: 403, error: { details: [{ path: "project" }] } });
  expect((await upload(await made(["own.test"]), { project: "theirs" }, ask)).status).toBe(404);
  const { status, data: own } = await upload(await made(["own.test"]), { project: "mine" }, ask);
  expect([status, own.project]).toEqual([201, { id: mine, name: "mine" }]);
  expect((await ask("/api/v1/certificates")).data.items.map(({ id }: { id: string }) => id)).toEqual([own.id]);

  for (const { id } of [common, hidden])
    for (const method of ["PUT", "DELETE"]) {
      const { chain, key } = await made(["own.test"]);
      expect((await ask(`/api/v1/certificates/${id}`, { method, ...(method === "PUT" && { json: { chain, key } }) })).status).toBe(404);
    }
  for (const { id } of [common, hidden])
    expect(await add("own.test", { app: "my-app", https: "own", certificateId: id }, ask)).toMatchObject({
      status: 400,
      message: "There is no such certificate.",
    });
  const { data: domain } = await add("own.test", { app: "my-app", https: "own", certificateId: own.id }, ask);
  // Nor does an administrator have the app of one project use what is another's.
  expect((await change(domain.id, { certificateId: hidden.id })).message).toContain("another project");
  expect((await change(domain.id, { certificateId: common.id })).status).toBe(200);
  // What an administrator has chosen stays where a developer changes something else.
  expect((await change(domain.id, { port: 81 }, ask)).data).toMatchObject({ port: 81, certificateId: common.id });
  await put("viewer");
  expect((await upload(await made(["own.test"]), { project: "mine" }, ask)).status).toBe(403);
  expect((await ask("/api/v1/certificates")).data.items).toHaveLength(1);
});
