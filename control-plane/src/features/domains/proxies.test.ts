import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { defaultPolicy } from "@appos/shared/policy";
import { asker } from "../../platform/asker.ts";
import { certificate, world } from "../../platform/memory/domain-world.ts";
import { domainStore } from "./store.ts";
import { facts } from "../../platform/memory/terminal-world.ts";

const site = { name: "blog.test", certificate, certificateProblem: null, status: 200 };

test("a domain is saving while its server is told, and serving once it has said so", async () => {
  const { add, one, connect, applies, admin } = await world();
  const agent = await connect();
  const { data } = await add("blog.test");
  expect(data.status).toBe("saving");
  await applies(agent, [site, { ...site, name: "somebody-elses.test" }]);
  expect(await one(data.id)).toMatchObject({ status: "serving", certificate, answers: 200, problem: null });
  expect((await admin("/api/v1/proxy")).data.items).toMatchObject([
    { driver: "caddy", domains: 1, problem: null, appliedAt: expect.any(Number) },
  ]);
  await agent.leave();
  const other = await add("other.test");
  expect(other.data.status).toBe("waiting");
  expect((await one(data.id)).status).toBe("serving");
});

test("what a server refuses is shown with its reason, what it served before is still served, and it can be mended", async () => {
  const { add, one, connect, applies, refuses, admin } = await world();
  const agent = await connect();
  const { data: good } = await add("good.test");
  await applies(agent);
  const { data: bad } = await add("bad.test");
  await refuses(agent, "bad.test: no container of blog listens on port 80.");
  expect(await one(bad.id)).toMatchObject({ status: "refused", problem: "bad.test: no container of blog listens on port 80." });
  expect(await one(good.id)).toMatchObject({ status: "serving", problem: null });
  expect((await admin("/api/v1/proxy")).data.items).toMatchObject([{ problem: expect.stringContaining("port 80") }]);

  const { data: changed } = await admin(`/api/v1/domains/${bad.id}`, { method: "PATCH", json: { port: 8080 } });
  expect(changed).toMatchObject({ status: "saving", problem: null });
  await applies(agent);
  expect(await one(bad.id)).toMatchObject({ status: "serving", problem: null });
  expect((await admin("/api/v1/proxy")).data.items[0].problem).toBeNull();
});

test("a server that is asked again says how it ended", async () => {
  const { add, one, connect, applies, refuses, admin } = await world();
  const agent = await connect();
  const { data } = await add("blog.test");
  await applies(agent);
  const again = await admin(`/api/v1/domains/${data.id}/ssl`, { method: "POST" });
  expect(again).toMatchObject({ status: 202, data: { domain: { status: "saving" }, job: { kind: "apply-sites", serverName: "tokyo-1" } } });
  await refuses(agent, "The authority does not answer.");
  expect(await one(data.id)).toMatchObject({ status: "refused", problem: "The authority does not answer." });
});

test("a job that was canceled leaves what it was to tell untold, and says so", async () => {
  const { add, one, admin } = await world();
  const { data } = await add("blog.test");
  await admin(`/api/v1/jobs/${data.jobId}/cancel`, { json: {} });
  expect(await one(data.id)).toMatchObject({ status: "refused", problem: expect.stringContaining("canceled") });
  await admin(`/api/v1/domains/${data.id}/ssl`, { method: "POST" });
  expect((await one(data.id)).status).toBe("waiting");
});

test("what came of an older job counts for what that one told of", async () => {
  const { add, one, connect, offers, admin } = await world();
  const agent = await connect();
  const { data: first } = await add("first.test");
  const jobId = offers(agent)[0]!["jobId"] as string;
  await agent.says({ type: "accepted", jobId });
  const { data: second } = await add("second.test");
  await admin(`/api/v1/jobs/${second.jobId}/cancel`, { json: {} });
  await agent.says({ type: "finished", jobId, lastSeq: 0, outcome: "succeeded", result: { sites: [] } });
  expect((await one(first.id)).status).toBe("serving");
  expect((await one(second.id)).status).toBe("refused");
});

test("a server tells of its own names only, and what it said before is not written again", async () => {
  const { add, one, app, admin, services, connect, platform } = await world();
  const agent = await connect();
  const { data: server } = await admin("/api/v1/servers", { json: { name: "oslo-1" } });
  await app("shop", server.server.id);
  const [{ data: mine }, { data: theirs }] = [await add("blog.test"), await add("shop.test", { app: "shop" })];
  const heard: string[] = [];
  await services.events.subscribe(undefined, (said) => void (said !== "reset" && said.type === "domain.changed" && heard.push(said.id)));
  const says = (whole: boolean, ...sites: object[]) => agent.says({ type: "sites", sites, whole });
  await says(true, site, { ...site, name: "shop.test" });
  expect(await one(mine.id)).toMatchObject({ certificate, answers: 200 });
  expect(await one(theirs.id)).toMatchObject({ certificate: null, answers: null });
  await says(true, site);
  await says(false);
  expect(heard).toEqual([mine.id]);
  await says(false, { ...site, certificate: null, certificateProblem: "DNS problem: \u0000 \ud800" });
  expect(await one(mine.id)).toMatchObject({ certificate: null, certificateProblem: expect.stringContaining("DNS problem") });
  await admin(`/api/v1/domains/${mine.id}`, { method: "PATCH", json: { https: "off" } });
  expect(await one(mine.id)).toMatchObject({ certificateProblem: null });
  await says(true);
  expect((await platform.client.execute("select name from domain_names where seen is not null")).rows).toEqual([]);
});

test("with an app go its domains, and its server is told by AppOS itself", async () => {
  const { add, app, admin, connect, offers, model, deploys, list } = await world();
  const agent = await connect();
  await app("shop");
  await add("blog.test", { www: true });
  await add("shop.test", { app: "shop" });
  await deploys(agent);
  const { data } = await admin("/api/v1/apps/blog", { method: "DELETE" });
  expect(await add("more.test")).toMatchObject({ status: 409, message: "blog is being removed." });
  await agent.says({ type: "accepted", jobId: data.job.id });
  const before = offers(agent)[0]!["jobId"];
  await agent.says({ type: "finished", jobId: data.job.id, lastSeq: 0, outcome: "succeeded", result: { keptVolumes: [] } });
  expect((await list()).map(({ domain }: { domain: string }) => domain)).toEqual(["shop.test"]);
  expect((await add("www.blog.test", { app: "shop" })).status).toBe(201);
  await agent.says({ type: "accepted", jobId: before });
  await agent.says({ type: "finished", jobId: before, lastSeq: 0, outcome: "succeeded", result: { sites: [] } });
  expect(model(agent).sites.map(({ name }) => name)).toEqual(["shop.test", "www.blog.test"]);
  const jobs = (await admin("/api/v1/jobs")).data.items as { kind: string; by: string | null }[];
  expect(jobs.filter(({ kind, by }) => kind === "apply-sites" && by === null)).toHaveLength(1);
});

test("a server without apps can be removed, and is forgotten with its proxy", async () => {
  const { admin, platform, add } = await world();
  await add("blog.test");
  await platform.database.run(sql`delete from domains`);
  await platform.database.run(sql`delete from domain_names`);
  await platform.database.run(sql`update apps set removedAt = 1`);
  expect((await admin("/api/v1/servers/tokyo-1", { method: "DELETE" })).status).toBe(200);
  expect((await platform.client.execute("select * from server_proxies")).rows).toEqual([]);
});

test("all servers that get certificates are told of another authority, also when AppOS was killed in between", async () => {
  const { add, admin, app, connect, model, platform, services } = await world();
  const { data } = await admin("/api/v1/servers", { json: { name: "oslo-1" } });
  await app("shop", data.server.id);
  await add("blog.test");
  await add("shop.test", { app: "shop", https: "off" });
  const acme = { directory: "https://acme.example.org/dir", email: "ada@example.org", roots: null };
  const put = (json: object) => admin("/api/v1/proxy/certificates", { method: "PUT", json });
  expect(await put({ directory: "http://acme.example.org/dir" })).toMatchObject({
    status: 400,
    error: { details: [{ path: "directory" }] },
  });
  expect(await put({ ...acme, roots: "-----BEGIN PRIVATE KEY-----" })).toMatchObject({
    status: 400,
    error: { details: [{ path: "roots" }] },
  });
  expect((await put(acme)).data).toEqual(acme);
  expect((await admin("/api/v1/proxy/certificates")).data).toEqual(acme);
  const jobs = async () =>
    ((await admin("/api/v1/jobs")).data.items as { kind: string }[]).filter(({ kind }) => kind === "apply-sites").length;
  expect(await jobs()).toBe(3);
  await services.domains.proxies.tick();
  expect(await jobs()).toBe(3);
  await platform.database.run(sql`update server_proxies set due = 1`);
  await services.domains.proxies.tick();
  expect(await jobs()).toBe(5);
  expect(model(await connect()).acme).toEqual(acme);
});

test("a job that was put together with the authority of before is not written", async () => {
  const { add, platform, serverId } = await world();
  const { data } = await add("blog.test");
  const store = domainStore(platform.database);
  const served = await store.served(serverId);
  await store.batch(store.setCertificates({ directory: "https://acme.example.org/dir", email: null, roots: null }));
  await expect(store.batch([store.told(served, data.jobId, [])])).rejects.toThrow();
  await expect(store.batch([store.told(await store.served(serverId), data.jobId, [])])).resolves.toBeDefined();
});

test("a server whose policy takes no such orders says so, and is told once it does", async () => {
  const { add, admin, connect, services } = await world();
  const agent = await connect();
  await add("blog.test");
  const policy = (jobs: object) => agent.says({ type: "facts", facts: { ...facts, policy: { ...defaultPolicy, ...jobs } } });
  await policy({ jobs: { deny: ["apply-sites"] } });
  expect(await add("more.test")).toMatchObject({ status: 403, error: { code: "POLICY_REFUSED" } });
  await admin("/api/v1/proxy/certificates", { method: "PUT", json: { directory: "https://acme.example.org/dir" } });
  const proxy = async () => (await admin("/api/v1/proxy")).data.items[0];
  expect((await proxy()).problem).not.toBeNull();
  await policy({});
  const jobs = async () => (await admin("/api/v1/jobs")).data.pagination.total;
  const before = await jobs();
  await services.domains.proxies.tick();
  expect(await jobs()).toBe(before + 1);
});

test("every proxy that has domains is told once more, or the one that is named", async () => {
  const { add, admin, app } = await world();
  const { data } = await admin("/api/v1/servers", { json: { name: "oslo-1" } });
  await app("shop", data.server.id);
  await add("blog.test");
  const reload = (json: object) => admin("/api/v1/proxy/reload", { json });
  expect(await reload({})).toMatchObject({ status: 202, data: { jobs: [{ kind: "apply-sites", serverName: "tokyo-1" }] } });
  expect((await reload({ serverId: "oslo-1" })).data.jobs).toMatchObject([{ serverName: "oslo-1" }]);
  expect((await reload({ serverId: "nothing" })).status).toBe(404);
});

test("a server that did what nobody here knows of is told what there is", async () => {
  const { add, connect, offers, model } = await world();
  await add("blog.test");
  const jobId = "job_00000000000000000000000001";
  const agent = await connect([jobId]);
  const input = { driver: "caddy", acme: { directory: "https://a.test/d" }, sites: [] };
  const first = offers(agent)[0]!["jobId"];
  await agent.says({ type: "accepted", jobId: first });
  await agent.says({ type: "finished", jobId: first, lastSeq: 0, outcome: "succeeded", result: { sites: [] } });
  const offer = { jobId, number: 99, by: null, kind: "apply-sites", lane: "proxy", input, after: 0, timeLimitMs: 1_000 };
  await agent.says({ type: "described", offer });
  expect(agent.heard("resend")).toMatchObject([{ jobId }]);
  await agent.says({ type: "finished", jobId, lastSeq: 0, outcome: "succeeded", result: { sites: [] } });
  await expect.poll(() => offers(agent)).toHaveLength(2);
  expect(model(agent).sites).toMatchObject([{ name: "blog.test" }]);
});

test("a server that has lost what it was told is told it again, once", async () => {
  const { add, connect, applies, offers, model } = await world();
  const agent = await connect();
  await add("blog.test", { www: true });
  await agent.says({ type: "sites", sites: [], whole: true });
  expect(offers(agent)).toHaveLength(1);
  await applies(agent, [site]);
  await agent.says({ type: "sites", sites: [site], whole: true });
  expect(offers(agent)).toHaveLength(1);
  await agent.says({ type: "sites", sites: [], whole: true });
  await agent.says({ type: "sites", sites: [], whole: true });
  await expect.poll(() => offers(agent)).toHaveLength(2);
  expect(model(agent).sites).toMatchObject([{ name: "blog.test" }]);
});

test("a control plane that is killed and started again knows and tells the same", async () => {
  const { add, platform, list, kill, admin } = await world();
  const { data } = await add("blog.test", { www: true });
  const before = await list();
  const { data: token } = await admin("/api/v1/tokens", { json: { name: "t", role: "admin" } });
  kill();
  const next = platform.start();
  const ask = asker(next.app, { authorization: `Bearer ${token.secret}` });
  expect((await ask("/api/v1/domains")).data.items).toEqual(before);
  expect((await ask("/api/v1/domains", { json: { domain: "b.test", app: "blog", service: "web", port: 80 } })).status).toBe(201);
  expect((await ask(`/api/v1/domains/${data.id}`)).data.status).toBe("waiting");
});

test("another program serves a server's domains from now on, and what it serves stays as it is", async () => {
  const { add, admin, connect, offers, model, applies, refuses } = await world();
  const agent = await connect();
  await add("blog.test");
  await applies(agent);
  const before = model(agent);
  const change = (driver: string) => admin("/api/v1/proxy/tokyo-1", { method: "PATCH", json: { driver } });
  expect(await change("nginx")).toMatchObject({
    status: 200,
    data: { proxy: { driver: "nginx", domains: 1 }, job: { kind: "apply-sites" } },
  });
  expect(model(agent)).toEqual({ ...before, driver: "nginx" });
  await refuses(agent, "The other proxy cannot take over.");
  expect((await admin("/api/v1/proxy")).data.items).toMatchObject([{ driver: "nginx", problem: expect.stringContaining("take over") }]);
  await change("caddy");
  await applies(agent);
  expect((await admin("/api/v1/proxy")).data.items).toMatchObject([{ driver: "caddy", problem: null }]);
  const told = offers(agent).length;
  expect(await change("caddy")).toMatchObject({ status: 200, data: { job: null } });
  expect(offers(agent)).toHaveLength(told);
  expect((await change("apache")).status).toBe(400);
  expect((await admin("/api/v1/proxy/nothing", { method: "PATCH", json: { driver: "nginx" } })).status).toBe(404);
  const acts = (await admin("/api/v1/activity")).data.items as { action: string; subject: string }[];
  expect(acts.filter(({ action }) => action === "change-proxy").map(({ subject }) => subject)).toEqual(["tokyo-1", "tokyo-1"]);
});

test("a server without domains has its program chosen before the first one comes", async () => {
  const { add, admin, connect, model, applies } = await world();
  const agent = await connect();
  expect((await admin("/api/v1/proxy/tokyo-1", { method: "PATCH", json: { driver: "nginx" } })).data.proxy).toMatchObject({
    driver: "nginx",
    domains: 0,
  });
  await applies(agent);
  await add("blog.test");
  expect(model(agent)).toMatchObject({ driver: "nginx", sites: [{ name: "blog.test" }] });
});
