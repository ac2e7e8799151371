import { expect, test } from "vitest";
import { SITE_OPTIONS } from "@appos/shared/site-options";
import { CONSOLE_SITE, HOST_PROXY, SITE_CERTIFICATES, TRAEFIK } from "@appos/shared/sites";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";
import { facts } from "../../platform/memory/terminal-world.ts";

const NAME = "appos.example.com";
const DAY_MS = 24 * 60 * 60_000;

/** With this machine as the server, whose agent knows how to serve the console. */
async function world() {
  const it = await domainWorld();
  const agent = await it.connect();
  const says = (more: object = { knows: [SITE_OPTIONS, CONSOLE_SITE] }) => agent.says({ type: "facts", facts: { ...facts, ...more } });
  await says();
  it.platform.runOn(it.serverId);
  await it.deploys(agent);
  const set = (domain: string, who = it.admin) => who("/api/v1/proxy/console", { method: "PUT", json: { domain } });
  const remove = () => it.admin("/api/v1/proxy/console", { method: "DELETE" });
  const view = async () => (await it.admin("/api/v1/proxy/console")).data;
  const certificate = { issuer: "Pebble", names: [NAME], notBefore: it.platform.now() - DAY_MS, notAfter: it.platform.now() + 60 * DAY_MS };
  const seen = { name: NAME, certificate, certificateProblem: null, status: 200 };
  return { ...it, agent, says, set, remove, view, seen };
}
const site = { name: NAME, console: true, https: "acme", forceHttps: true, alias: null, routes: [], compress: true };

test("where this machine is none of its servers it is not had, and why is said", async () => {
  const { admin } = await domainWorld();
  const reply = await admin("/api/v1/proxy/console", { method: "PUT", json: { domain: NAME } });
  expect(reply).toMatchObject({ status: 409, message: "This machine is no server.", error: { code: "NO_LOCAL_SERVER" } });
  expect((await admin("/api/v1/proxy/console")).data).toMatchObject({ domain: null, unavailable: "This machine is no server." });
});

test("an agent that is too old to serve it is not asked to", async () => {
  const { set, says, view } = await world();
  await says({ knows: [SITE_OPTIONS] });
  expect(await set(NAME)).toMatchObject({
    status: 409,
    message: expect.stringContaining("Update the agent"),
    error: { code: "SERVER_REFUSED" },
  });
  expect((await view()).domain).toBeNull();
});

test("Traefik cannot serve it, and is not asked to", async () => {
  const { set, says, admin, view } = await world();
  await says({ knows: [SITE_OPTIONS, CONSOLE_SITE, TRAEFIK] });
  const becomes = (driver: string) => admin("/api/v1/proxy/tokyo-1", { method: "PATCH", json: { driver } });
  const refused = { status: 409, message: expect.stringContaining("Choose Caddy or Nginx"), error: { code: "CONFLICT" } };
  expect((await set(NAME)).status).toBe(200);
  expect(await becomes("traefik")).toMatchObject(refused);
  await says({ knows: [SITE_OPTIONS, CONSOLE_SITE, TRAEFIK, HOST_PROXY] });
  expect(await admin("/api/v1/proxy/tokyo-1", { method: "PATCH", json: { driver: "nginx", place: "host" } })).toMatchObject({
    status: 409,
    message: expect.stringContaining("a proxy in a container only"),
  });
  await admin("/api/v1/proxy/console", { method: "DELETE" });
  expect((await becomes("traefik")).status).toBe(200);
  expect(await set(NAME)).toMatchObject(refused);
  expect((await view()).domain).toBeNull();
});

test("what its server says of it is shown, and links lead there once it has its certificate", async () => {
  const { set, view, agent, model, applies, seen, services } = await world();
  expect((await set("APPOS.example.com.")).data).toMatchObject({
    domain: NAME,
    url: `https://${NAME}`,
    status: "saving",
    unavailable: null,
  });
  expect(model(agent).sites).toEqual([site]);
  await applies(agent, [{ ...seen, certificate: null, certificateProblem: "No A record", status: null }]);
  expect(await view()).toMatchObject({ status: "serving", certificate: null, certificateProblem: "No A record" });
  expect(await services.domains.console.url()).toBeUndefined();
  await agent.says({ type: "sites", sites: [seen], whole: true });
  expect(await view()).toMatchObject({ certificate: seen.certificate, answers: 200 });
  expect(await services.domains.console.url()).toBe(`https://${NAME}`);
});

test("a name at home is served with a certificate of the server's own authority, and links do not lead there", async () => {
  const { set, view, agent, model, applies, seen, services } = await world();
  await agent.says({ type: "facts", facts: { ...facts, knows: [SITE_OPTIONS, CONSOLE_SITE, SITE_CERTIFICATES] } });
  await set("appos.lan");
  expect(model(agent).sites).toEqual([{ ...site, name: "appos.lan", https: "internal" }]);
  await applies(agent, [{ ...seen, name: "appos.lan" }]);
  expect(await view()).toMatchObject({ https: "internal", status: "serving", certificate: seen.certificate });
  expect(await services.domains.console.url()).toBeUndefined();
});

test("it is part of all that its server is told, whichever domains come and go", async () => {
  const { set, remove, add, admin, agent, model, applies, serverId } = await world();
  await set(NAME);
  await applies(agent);
  const { data } = await add("blog.test");
  expect(model(agent).sites.map(({ name }) => name)).toEqual([NAME, "blog.test"]);
  await applies(agent);
  await admin(`/api/v1/domains/${data.id}`, { method: "DELETE" });
  expect(model(agent).sites).toEqual([site]);
  await applies(agent);
  await admin(`/api/v1/proxy/${serverId}`, { method: "PATCH", json: { driver: "nginx" } });
  expect(model(agent)).toMatchObject({ driver: "nginx", sites: [site] });
  await applies(agent);
  const { data: reloaded } = await admin("/api/v1/proxy/reload", { json: {} });
  expect(reloaded.jobs).toHaveLength(1);
  expect((await admin("/api/v1/proxy")).data.items).toMatchObject([{ domains: 0, console: NAME }]);
  await applies(agent, []);
  await add("blog.test");
  await applies(agent);
  expect((await remove()).data.domain).toBeNull();
  expect(model(agent).sites.map(({ name }) => name)).toEqual(["blog.test"]);
  expect((await remove()).status).toBe(404);
});

test("another authority for certificates is told to its server, too", async () => {
  const { set, admin, agent, applies, model } = await world();
  await set(NAME);
  await applies(agent);
  const directory = "https://acme.test/dir";
  await admin("/api/v1/proxy/certificates", { method: "PUT", json: { directory } });
  expect(model(agent)).toMatchObject({ acme: { directory }, sites: [site] });
});

test("a name is an app's or the console's", async () => {
  const { set, add } = await world();
  await add("blog.test", { www: true });
  expect(await set("www.blog.test")).toMatchObject({
    status: 409,
    message: "www.blog.test leads to the app blog already.",
    error: { code: "NAME_TAKEN" },
  });
  await set(NAME);
  expect(await add(NAME)).toMatchObject({ status: 409, message: expect.stringContaining("console's own"), error: { code: "NAME_TAKEN" } });
  await set("other.example.com");
  expect((await add(NAME)).status).toBe(201);
});

test("it stays as long as other servers come by it", async () => {
  const { set, remove, services, admin, agent, applies, says } = await world();
  await set(NAME);
  const { data } = await admin("/api/v1/servers", { json: { name: "osaka" } });
  const there = (url: string) => services.servers.said(data.server.id, { ...facts, controlPlane: url });
  await there(`https://${NAME}`);
  await applies(agent);
  const refused = {
    status: 409,
    message: expect.stringMatching(/^The server osaka reaches AppOS at appos\.example\.com/),
    error: { code: "CONFLICT" },
  };
  expect(await remove()).toMatchObject(refused);
  expect(await set("other.example.com")).toMatchObject(refused);
  expect((await set(NAME)).status).toBe(200);
  await there("https://elsewhere.example.com");
  // Its own server has another way.
  await says({ knows: [SITE_OPTIONS, CONSOLE_SITE], controlPlane: `https://${NAME}` });
  await applies(agent);
  expect((await remove()).status).toBe(200);
  expect(agent.heard("offer").at(-1)!.input).toMatchObject({ sites: [] });
});

test("that its certificate runs out is said as of any other", async () => {
  const { set, agent, applies, seen, platform, services, admin } = await world();
  await set(NAME);
  const now = platform.now();
  await applies(agent, [{ ...seen, certificate: { ...seen.certificate, notBefore: now - 85 * DAY_MS, notAfter: now + 5 * DAY_MS } }]);
  await services.domains.proxies.tick();
  await services.domains.proxies.tick();
  const { items } = (await admin("/api/v1/activity")).data;
  const warned = items.filter(({ action }: { action: string }) => action === "certificate-ends");
  expect(warned).toMatchObject([{ subject: `${NAME} (5 days left)` }]);
});

test("with its server it goes", async () => {
  const { set, view, admin, platform, services } = await world();
  const { data } = await admin("/api/v1/servers", { json: { name: "here" } });
  platform.runOn(data.server.id);
  await services.servers.said(data.server.id, { ...facts, knows: [CONSOLE_SITE] });
  await set(NAME);
  expect((await view()).server).toMatchObject({ name: "here" });
  expect((await admin(`/api/v1/servers/${data.server.id}`, { method: "DELETE" })).status).toBe(200);
  expect(await view()).toMatchObject({ domain: null });
});
