import { expect, test } from "vitest";
import { shop, shopCompose, templateWorld } from "../../platform/memory/template-world.ts";

test("nobody looks at the catalog without signing in, and a viewer installs nothing", async () => {
  const { nobody, viewer } = await templateWorld();
  expect(await nobody("/api/v1/templates")).toMatchObject({ status: 401 });
  const asViewer = await viewer();
  expect(await asViewer("/api/v1/templates")).toMatchObject({ status: 200 });
  const source = { type: "template", templateId: "shop", inputs: { ADMIN_EMAIL: "ann@example.org" } };
  expect(await asViewer("/api/v1/apps", { json: { name: "shop", source } })).toMatchObject({ status: 403 });
});

test("inputs that do not fit are refused by name, and nothing is created", async () => {
  const { install, admin } = await templateWorld();
  const answer = await install({ ADMIN_EMAIL: "nobody", HTTP_PORT: "http", COLOUR: "red" });
  expect(answer).toMatchObject({ status: 400, message: "Port: Use a port from 1 to 65535.", error: { code: "INVALID_REQUEST" } });
  expect((answer.error!.details as { path: string }[]).map(({ path }) => path)).toEqual([
    "inputs.HTTP_PORT",
    "inputs.ADMIN_EMAIL",
    "inputs.COLOUR",
  ]);
  expect(await install({ ADMIN_EMAIL: "" })).toMatchObject({ status: 400, message: "Your e-mail address: This is needed." });
  expect((await admin("/api/v1/apps")).data.items).toEqual([]);
});

test("a template that there is not cannot be installed", async () => {
  const { admin } = await templateWorld();
  const source = { type: "template", templateId: "nothing", inputs: {} };
  expect(await admin("/api/v1/apps", { json: { name: "x", source } })).toMatchObject({ status: 404 });
});

test("what is installed is the template's compose file to the letter, with a value for every input", async () => {
  const { install, env, content } = await templateWorld();
  const answer = await install();
  expect(answer).toMatchObject({
    status: 202,
    data: { app: { name: "shop", template: { id: "shop", version: "1.0" } }, deployment: { status: "pending" } },
  });
  const { compose, files } = await content("shop");
  expect(compose).toBe(shopCompose);
  expect(files).toEqual([{ path: "shop.conf", content: "mail = ann@example.org\n", encoding: "text", executable: false }]);
  const values = await env("shop");
  expect(values.get("DB_PASSWORD")).toMatchObject({ value: expect.stringMatching(/^\w{32}$/), secret: true });
  expect(values.get("APP_URL")!.value).toBe("http://appos.example.org:8080");
});

test("asked for twice with one key, it is installed once, with the secrets it was given first", async () => {
  const { install, env } = await templateWorld();
  const first = await install({}, "shop", "one");
  const secret = (await env("shop")).get("DB_PASSWORD");
  expect(await install({}, "shop", "one")).toMatchObject({ status: 202, data: { app: { id: first.data.app.id } } });
  expect((await env("shop")).get("DB_PASSWORD")).toEqual(secret);
});

test("a port that an app on the server publishes is not suggested again", async () => {
  const { admin, install, services, serverId, env } = await templateWorld();
  const { data } = await install();
  const port = { hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80, protocol: "tcp" as const };
  const web = {
    service: "web",
    container: "c",
    image: "shop:1.0",
    state: "running" as const,
    health: null,
    exitCode: null,
    restarts: 0,
    startedAt: 1,
    ports: [port],
  };
  await services.apps.observed(serverId, [{ appId: data.app.id, services: [web] }], true);
  const view = await admin(`/api/v1/templates/shop?serverId=${serverId}&host=192.0.2.9`);
  expect(view.data.suggested).toEqual({ HTTP_PORT: "8081", APP_URL: "http://192.0.2.9:8081" });
  await install({}, "second");
  expect((await env("second")).get("HTTP_PORT")!.value).toBe("8081");
});

test("the list is searched by every word, filtered by category, and says what is installed", async () => {
  const { admin, install } = await templateWorld(
    shop(),
    shop({ id: "blog", name: "Blog", categories: ["websites"], description: "Write, and be read." }),
  );
  await install();
  const names = async (query: string) => (await admin(`/api/v1/templates${query}`)).data.items.map(({ name }: { name: string }) => name);
  expect(await names("")).toEqual(["Blog", "Shop"]);
  expect(await names("?search=be%20write")).toEqual(["Blog"]);
  expect(await names("?category=business")).toEqual(["Shop"]);
  expect(await admin("/api/v1/templates?category=games")).toMatchObject({ status: 400 });
  const second = (await admin("/api/v1/templates?page=2&pageSize=1")).data;
  expect(second).toMatchObject({ items: [{ name: "Shop", installed: 1 }], pagination: { total: 2, totalPages: 2 } });
  expect((await admin("/api/v1/templates/shop")).data).toMatchObject({
    apps: [{ name: "shop", version: "1.0" }],
    services: [{ name: "web", image: "shop:1.0" }],
  });
});
