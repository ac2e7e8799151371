import { expect, test } from "vitest";
import { setUp } from "../../platform/memory/tester.ts";

const URL_ = "https://templates.example.org/templates.json";
const template = (title: string, image = "nginx:1.27") => ({
  type: 1,
  title,
  description: `${title} serves`,
  image,
  ports: ["80/tcp"],
  categories: ["webserver"],
});
const list = (...templates: object[]) => JSON.stringify({ version: "2", templates });

async function world() {
  const tested = await setUp();
  const { platform, admin } = tested;
  const serve = (body: string, etag = `"${body.length}"`) =>
    platform.outside.answers.set(URL_, (headers) =>
      headers["if-none-match"] === etag ? new Response(null, { status: 304 }) : new Response(body, { headers: { etag } }),
    );
  const add = async (body: object = {}) => {
    const reply = await admin("/api/v1/template-sources", { json: { url: URL_, ...body } });
    await platform.settled();
    return reply;
  };
  const source = async (id: string) => (await admin(`/api/v1/template-sources/${id}`)).data;
  const refresh = async (id: string) => {
    await admin(`/api/v1/template-sources/${id}/refresh`, { method: "POST" });
    await platform.settled();
    return source(id);
  };
  const names = async (query = "") =>
    (await admin(`/api/v1/templates?search=serves${query}`)).data.items.map(({ name }: { name: string }) => name);
  return { ...tested, serve, add, source, refresh, names };
}

test("a source is read when it is added, and its templates are in the catalog", async () => {
  const { serve, add, source, admin, names } = await world();
  serve(
    list(template("Nginx"), template("Caddy"), {
      type: 3,
      title: "Stack",
      description: "serves",
      repository: { url: "https://git.example.org/x", stackfile: "a.yml" },
    }),
  );
  const { status, data } = await add({ name: "Ours" });
  expect(status).toBe(202);
  expect(data).toMatchObject({ name: "Ours", refreshing: true, format: null });
  expect(await source(data.id)).toMatchObject({ format: "portainer", usable: 2, unusable: 1, refreshing: false, failure: null });
  expect(await names()).toEqual(["Caddy", "Nginx", "Stack"]);
  const one = (await admin(`/api/v1/templates/${data.id}:stack`)).data;
  expect(one).toMatchObject({ problem: expect.stringMatching(/a\.yml/), source: { name: "Ours" } });
  expect((await admin(`/api/v1/templates/${data.id}:nginx`)).data).toMatchObject({
    version: "1.27",
    routes: [{ port: 80 }],
    problem: null,
  });
});

test("what was refused is refused at the door, and nothing is asked", async () => {
  const { admin, platform, viewer } = await world();
  for (const url of [
    "http://templates.example.org/x",
    "https://127.0.0.1/x",
    "https://u:p@example.org/x",
    "ftp://example.org",
    "https://example.org/x.git",
  ]) {
    const { status, error } = await admin("/api/v1/template-sources", { json: { url } });
    expect(status, url).toBe(400);
    expect(error?.code).toBe("INVALID_REQUEST");
  }
  expect(platform.outside.asked).toEqual([]);
  expect((await (await viewer())("/api/v1/template-sources", { json: { url: URL_ } })).status).toBe(403);
});

test("an address can be a source once", async () => {
  const { serve, add } = await world();
  serve(list(template("Nginx")));
  await add();
  expect((await add()).error?.code).toBe("NAME_TAKEN");
});

test("what has not changed is not read again, and what has takes its place as a whole", async () => {
  const { serve, add, refresh, names, platform } = await world();
  serve(list(template("Nginx"), template("Caddy")));
  const { data } = await add();
  platform.advance(1_000);
  const same = await refresh(data.id);
  expect(same.checkedAt).toBeGreaterThan(same.refreshedAt);
  serve(list(template("Apache", "httpd:2.4")));
  expect(await refresh(data.id)).toMatchObject({ usable: 1, failure: null });
  expect(await names()).toEqual(["Apache"]);
});

test("a template that has changed under the same version is an update", async () => {
  const { serve, add, refresh, admin } = await world();
  serve(list(template("Nginx"), template("Caddy", "caddy:2")));
  const { data } = await add();
  serve(list({ ...template("Nginx"), restart_policy: "always", hostname: "web" }, template("Caddy", "caddy:2")), '"new"');
  await refresh(data.id);
  const version = async (id: string) => (await admin(`/api/v1/templates/${data.id}:${id}`)).data.version;
  expect([await version("nginx"), await version("caddy")]).toEqual(["1.27+2", "2"]);
});

test("while its host is gone the last good copy stays, with the reason", async () => {
  const { serve, add, refresh, names, platform } = await world();
  serve(list(template("Nginx")));
  const { data } = await add();
  platform.advance(60_000);
  platform.outside.answers.delete(URL_);
  expect(await refresh(data.id)).toMatchObject({
    usable: 1,
    failure: { at: platform.now(), message: expect.stringMatching(/does not answer/) },
  });
  expect(await names()).toEqual(["Nginx"]);
  platform.outside.answers.set(URL_, () => new Response("<html>", { status: 200 }));
  expect((await refresh(data.id)).failure.message).toMatch(/nothing at this address that AppOS knows/);
  platform.outside.answers.set(URL_, () => new Response("", { status: 429 }));
  expect((await refresh(data.id)).failure.message).toMatch(/less often/);
  expect(await names()).toEqual(["Nginx"]);
  serve(list(template("Caddy")), '"new"');
  expect(await refresh(data.id)).toMatchObject({ failure: null });
  expect(await names()).toEqual(["Caddy"]);
});

test("on its schedule a source is read by itself, by one of those that look", async () => {
  const { serve, add, source, platform, services } = await world();
  serve(list(template("Nginx")));
  const { data } = await add({ schedule: "daily" });
  platform.outside.asked.length = 0;
  await services.templateSources.tick();
  expect(platform.outside.asked).toHaveLength(0);
  platform.advance(25 * 3_600_000);
  const other = platform.start().services;
  await Promise.all([services.templateSources.tick(), other.templateSources.tick()]);
  expect(platform.outside.asked).toHaveLength(1);
  expect((await source(data.id)).nextAt).toBeGreaterThan(platform.now());
});

test("a control plane that was killed while it read leaves the copy that counts, and another one takes over", async () => {
  const { serve, add, platform, kill, services } = await world();
  serve(list(template("Nginx")));
  const { data } = await add({ schedule: "daily" });
  platform.advance(25 * 3_600_000);
  serve(list(...Array.from({ length: 120 }, (_, i) => template(`App ${i}`))));
  const going = services.templateSources.tick();
  await new Promise((go) => setTimeout(go, 5));
  kill();
  void going;
  const next = platform.start();
  await next.services.templateSources.tick();
  expect((await next.services.templateSources.get(data.id)).usable).toBe(1);
  platform.advance(16 * 60_000);
  await next.services.templateSources.tick();
  expect(await next.services.templateSources.get(data.id)).toMatchObject({ usable: 120, failure: null });
});

test("a report says of each template what was left out and what is risky", async () => {
  const { serve, add, admin } = await world();
  serve(
    list(
      template("Plain"),
      { ...template("Rich"), privileged: true, labels: [{ name: "a", value: "b" }] },
      { ...template("Win"), platform: "windows" },
    ),
  );
  const { data } = await add();
  const report = async (show: string) => (await admin(`/api/v1/template-sources/${data.id}/report?show=${show}`)).data.items;
  expect(await report("risky")).toMatchObject([{ name: "Rich", risks: [{ rule: "privileged" }] }]);
  expect(await report("trimmed")).toMatchObject([{ name: "Rich", dropped: ["Its labels were left out."] }]);
  expect(await report("unusable")).toMatchObject([{ name: "Win", problem: "It runs on Windows only." }]);
  expect(await report("all")).toHaveLength(3);
});

test("a source that is removed takes its templates along", async () => {
  const { serve, add, admin, names, platform } = await world();
  serve(list(template("Nginx")));
  const { data } = await add();
  expect((await admin(`/api/v1/template-sources/${data.id}`, { method: "DELETE" })).status).toBe(200);
  await platform.settled();
  expect(await names()).toEqual([]);
  const { rows } = await platform.client.execute("select count(*) as n from sourceTemplates");
  expect(rows[0]![0]).toBe(0);
});

test("blueprints beside a list are fetched one by one, and one that is missing is listed with the reason", async () => {
  const { platform, admin } = await world();
  const base = "https://dokploy.example.org/";
  const at = (path: string, body: string) => platform.outside.answers.set(`${base}${path}`, () => new Response(body));
  at(
    "meta.json",
    JSON.stringify([
      { id: "a", name: "A", version: "1", description: "serves", tags: [], links: {} },
      { id: "b", name: "B", version: "1", description: "serves", tags: [], links: {} },
    ]),
  );
  at("blueprints/a/docker-compose.yml", "services: {web: {image: 'x:1'}}");
  at("blueprints/a/template.toml", '[[config.domains]]\nserviceName = "web"\nport = 80\n');
  const { data } = await admin("/api/v1/template-sources", { json: { url: `${base}meta.json` } });
  await platform.settled();
  expect((await admin(`/api/v1/template-sources/${data.id}`)).data).toMatchObject({ format: "dokploy", usable: 1, unusable: 1 });
});
