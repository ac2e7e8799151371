import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { LETS_ENCRYPT } from "@appos/shared/sites";
import { world } from "../../platform/memory/domain-world.ts";

const acme = { directory: LETS_ENCRYPT, email: null, roots: null };
const taken = (path: string) => ({ status: 409, error: { code: "NAME_TAKEN", details: [{ path }] } });

test.each([
  ["an Nginx server of its own", { domain: "a.test; } server { listen 80; location / { root /; autoindex on; } } #" }, "domain"],
  ["a block of a Caddyfile", { domain: 'a.test {\n respond "PWN"\n}\n:18081' }, "domain"],
  ["a rule of Traefik", { domain: "a.test`) || Host(`console.example.com" }, "domain"],
  ["a wildcard of a whole ending", { domain: "*.com" }, "domain"],
  ["a star within it", { domain: "a.*.example.com" }, "domain"],
  ["a wildcard that an authority asks for over HTTP", { domain: "*.example.com" }, "https"],
  ["an address", { domain: "[2001:db8::1]" }, "domain"],
  ["an address of four numbers", { domain: "192.0.2.1" }, "domain"],
  ["every name", { domain: "_" }, "domain"],
  ["an underscore", { domain: "a_b.test" }, "domain"],
  ["a path", { domain: "a.test/x" }, "domain"],
  ["a port", { domain: "a.test:8080" }, "domain"],
  ["a path that climbs", { path: "/../" }, "path"],
  ["an encoded path that climbs", { path: "/%2e%2e/" }, "path"],
  ["a path with an empty part", { path: "//x" }, "path"],
  ["a path with a regular expression", { path: "^(a+)+$" }, "path"],
  ["a free address as its target", { upstream: "127.0.0.1:2019" }, ""],
  ["no port", { port: 0 }, "port"],
  ["another way of HTTPS", { https: "on" }, "https"],
])("a domain with %s is refused, and nothing is written", async (_, wrong, path) => {
  const { admin, list } = await world();
  const json = { domain: "blog.example.com", app: "blog", service: "web", port: 80, ...wrong };
  const reply = await admin("/api/v1/domains", { json });
  expect(reply).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST" } });
  expect((reply.error!.details as { path: string }[])[0]!.path).toBe(path);
  expect(await list()).toEqual([]);
});

test("what is not there is said: the app, and the service where the compose file tells which there are", async () => {
  const { add, admin, app } = await world();
  expect(await add("a.test", { app: "nothing" })).toMatchObject({ status: 404, message: "There is no such app." });
  expect(await add("a.test", { service: "db" })).toMatchObject({
    status: 400,
    message: "blog has no service db. It has web, api.",
    error: { details: [{ path: "service" }] },
  });
  const { app: shop } = await app("shop");
  const compose = "include: [more.yaml]\nservices: {web: {image: nginx}}";
  await admin(`/api/v1/apps/${shop.id}/config`, { method: "PUT", json: { compose, message: "" } });
  expect((await add("shop.test", { app: "shop", service: "db" })).status).toBe(201);
});

test("a domain is written with the job that tells its server, and shown as it is until that has ended", async () => {
  const { add, admin, blog, serverId } = await world();
  const { status, data } = await add("Blog.Example.COM.", { path: "/api", service: "api", port: 8080 });
  expect(status).toBe(201);
  expect(data).toEqual({
    id: expect.stringMatching(/^dom_/),
    domain: "blog.example.com",
    path: "/api",
    app: { id: blog.app.id, name: "blog" },
    server: { id: serverId, name: "tokyo-1" },
    service: "api",
    port: 8080,
    https: "acme",
    certificateId: null,
    dnsProviderId: null,
    forceHttps: true,
    www: false,
    headers: [],
    hsts: false,
    access: null,
    maxBodyMb: null,
    compress: true,
    downPage: null,
    url: "https://blog.example.com/api",
    status: "waiting",
    problem: null,
    certificate: null,
    certificateProblem: null,
    seen: false,
    answers: null,
    jobId: expect.stringMatching(/^job_/),
    createdAt: expect.any(Number),
  });
  expect((await admin(`/api/v1/jobs/${data.jobId}`)).data).toMatchObject({ kind: "apply-sites", state: "queued", by: "ada@example.org" });
  expect((await admin("/api/v1/activity")).data.items[0]).toMatchObject({
    action: "add-domain",
    subject: "https://blog.example.com/api",
    appId: blog.app.id,
    jobId: data.jobId,
  });
  expect((await admin(`/api/v1/proxy/domains/${data.id}`)).data).toEqual(data);
});

test("a server is told all that it serves, and nothing else", async () => {
  const { add, app, connect, model, applies, admin } = await world();
  await app("shop");
  await add("shop.test", { app: "shop", https: "off", forceHttps: false });
  const { data } = await add("blog.test", { path: "/api", service: "api", port: 8080 });
  await add("blog.test", { www: true });
  const agent = await connect();
  const routes = [
    { path: "/", app: "blog", service: "web", port: 80 },
    { path: "/api", app: "blog", service: "api", port: 8080 },
  ];
  const shop = {
    name: "shop.test",
    https: "off",
    forceHttps: false,
    alias: null,
    compress: true,
    routes: [{ path: "/", app: "shop", service: "web", port: 80 }],
  };
  const ofBlog = { name: "blog.test", https: "acme", forceHttps: true, alias: "www.blog.test", compress: true, routes };
  expect(model(agent)).toEqual({ driver: "caddy", acme, certificates: [], dnsProviders: [], sites: [ofBlog, shop] });

  await admin(`/api/v1/domains/${data.id}`, { method: "PATCH", json: { port: 9090, www: false } });
  await applies(agent);
  expect(model(agent).sites).toMatchObject([
    {
      name: "blog.test",
      alias: null,
      routes: [
        { path: "/", port: 80 },
        { path: "/api", port: 9090 },
      ],
    },
    shop,
  ]);
});

test.each(["blog.test", "BLOG.test", "blog.test.", " blog.test"])("a name is one however it is written: %j", async (domain) => {
  const { add } = await world();
  await add("blog.test");
  expect(await add(domain)).toMatchObject(taken("domain"));
  expect((await add(domain, { path: "/x" })).status).toBe(201);
});

test("a name in other letters is the one that browsers make of it", async () => {
  const { add } = await world();
  expect((await add("bücher.test")).data.domain).toBe("xn--bcher-kva.test");
  expect(await add("xn--bcher-kva.test")).toMatchObject(taken("domain"));
});

test("a name has one owner across all servers, of two that want it at once too", async () => {
  const { add, admin, app, list } = await world();
  const { data } = await admin("/api/v1/servers", { json: { name: "oslo-1" } });
  await app("shop", data.server.id);
  const replies = await Promise.all(
    Array.from({ length: 6 }, (_, i) => add("shop.test", { app: i % 2 === 0 ? "blog" : "shop", path: `/${i}` })),
  );
  const added = replies
    .filter(({ status }) => status === 201)
    .map(
      ({
        data: {
          app: { name },
        },
      }) => name,
    );
  expect(added).toHaveLength(3);
  expect(new Set(added).size).toBe(1);
  for (const reply of replies.filter(({ status }) => status !== 201)) expect(reply).toMatchObject(taken("domain"));
  expect(await list()).toHaveLength(3);
});

test("of changes to one server at once none is lost: the last job tells of all", async () => {
  const { add, connect, model, admin, list } = await world();
  const { data } = await add("first.test");
  const names = Array.from({ length: 12 }, (_, i) => `n${i}.test`);
  const replies = await Promise.all([
    ...names.map((name) => add(name)),
    admin(`/api/v1/domains/${data.id}`, { method: "PATCH", json: { port: 8080 } }),
  ]);
  expect(replies.map(({ status }) => status)).toEqual([...names.map(() => 201), 200]);
  const { sites } = model(await connect());
  expect(sites.map(({ name }) => name)).toEqual([...names, "first.test"].toSorted());
  expect(sites.find(({ name }) => name === "first.test")).toMatchObject({ routes: [{ port: 8080 }] });
  expect((await list("?pageSize=1&page=3")).map(({ domain }: { domain: string }) => domain)).toEqual(["n1.test"]);
});

test("the other form of a name is its owner's for as long as it leads there", async () => {
  const { add, admin, app } = await world();
  await app("shop");
  const patch = (id: string, json: object) => admin(`/api/v1/domains/${id}`, { method: "PATCH", json });
  const { data } = await add("blog.test", { www: true });
  expect(await add("www.blog.test", { app: "shop" })).toMatchObject(taken("domain"));
  expect(await add("www.blog.test")).toMatchObject({ status: 409, error: { code: "CONFLICT" } });
  const other = await add("www.shop.test", { app: "shop" });
  expect(await add("shop.test", { www: true })).toMatchObject(taken("www"));
  expect(await add("shop.test", { app: "shop", www: true })).toMatchObject({ status: 409, error: { code: "CONFLICT" } });
  expect((await patch(other.data.id, { www: true })).data).toMatchObject({ domain: "www.shop.test", www: true });
  expect(await add("shop.test")).toMatchObject(taken("domain"));
  expect(await add("www.test", { www: true })).toMatchObject({ status: 400, error: { details: [{ path: "www" }] } });

  expect((await patch(data.id, { www: false })).data.www).toBe(false);
  expect((await add("www.blog.test", { app: "shop" })).status).toBe(201);
  expect(await patch(data.id, { www: true })).toMatchObject(taken("www"));
  await admin(`/api/v1/domains/${other.data.id}`, { method: "DELETE" });
  expect((await add("shop.test")).status).toBe(201);
});

test("the console's own address is nobody's", async () => {
  const { add } = await world();
  const own = { ...taken("domain"), message: expect.stringContaining("the console's own address") };
  expect(await add("appos.example.org")).toMatchObject(own);
  expect(await add("AppOS.example.org.")).toMatchObject(own);
  expect(await add("www.appos.example.org", { www: true })).toMatchObject(taken("www"));
  expect((await add("www.appos.example.org")).status).toBe(201);
});

test("what belongs to a name is the same on all of its paths; a name goes with its last", async () => {
  const { add, admin, list, app, connect, model } = await world();
  const { data: root } = await add("blog.test");
  const { data: api } = await add("blog.test", { path: "/api", https: "off" });
  expect((await list()).map(({ url }: { url: string }) => url)).toEqual(["http://blog.test", "http://blog.test/api"]);
  await app("shop");
  const remove = (id: string) => admin(`/api/v1/domains/${id}`, { method: "DELETE" });
  expect(await remove(root.id)).toMatchObject({ status: 200, data: { job: { kind: "apply-sites" } } });
  expect(await add("blog.test", { app: "shop" })).toMatchObject(taken("domain"));
  await remove(api.id);
  expect(await remove(api.id)).toMatchObject({ status: 404, message: "There is no such domain." });
  expect(model(await connect()).sites).toEqual([]);
  expect((await add("blog.test", { app: "shop" })).data).toMatchObject({ https: "acme" });
});

test("the same Idempotency-Key gives the first domain, even asked at the same time; for another it is a conflict", async () => {
  const { admin, list, app, add } = await world();
  const headers = { "idempotency-key": "k-1" };
  const ask = (domain: string) => admin("/api/v1/domains", { json: { domain, app: "blog", service: "web", port: 80 }, headers });
  const [one, two] = await Promise.all([ask("a.test"), ask("a.test")]);
  const three = await ask("a.test");
  expect([one.status, two.status, three.status]).toEqual([201, 201, 201]);
  expect(new Set([one, two, three].map(({ data }) => data.id)).size).toBe(1);
  expect(await ask("b.test")).toMatchObject({ status: 409, error: { code: "IDEMPOTENCY_CONFLICT" } });
  expect(await list()).toHaveLength(1);
  await app("shop");
  await admin(`/api/v1/domains/${one.data.id}`, { method: "DELETE" });
  expect((await ask("a.test")).status).toBe(404);
  await add("a.test", { app: "shop" });
  expect((await ask("a.test")).status).toBe(404);
});

test("domains are found by app, by server and by words", async () => {
  const { add, admin, app, list, serverId } = await world();
  const { data } = await admin("/api/v1/servers", { json: { name: "oslo-1" } });
  const shop = await app("shop", data.server.id);
  await add("a.test");
  await add("b.test", { app: "shop" });
  const names = async (query: string) => (await list(query)).map(({ domain }: { domain: string }) => domain);
  expect(await names("?app=shop")).toEqual(["b.test"]);
  expect(await names(`?app=${shop.app.id}`)).toEqual(["b.test"]);
  expect(await names(`?serverId=${serverId}`)).toEqual(["a.test"]);
  expect(await names("?search=B.T")).toEqual(["b.test"]);
  expect(await names("?search=shop")).toEqual(["b.test"]);
  expect(await names("?search=%25")).toEqual([]);
});

test("more than one frame holds is refused in words, and what is there can still be removed", async () => {
  const { add, admin, platform, list } = await world();
  const { data } = await add("a.test");
  const { database } = platform;
  for (let i = 0; i < 900; i++) {
    const name = `${"x".repeat(60)}.${"y".repeat(60)}.n${i}.test`;
    await database.run(
      sql`insert into domain_names (name, appId, https, forceHttps, www, revision) select ${name}, appId, https, forceHttps, www, revision from domain_names where name = 'a.test'`,
    );
    await database.run(
      sql`insert into domains (id, name, path, service, port, revision, createdAt) values (${`dom_x${i}`}, ${name}, '/', 'web', 80, 1, 1)`,
    );
  }
  expect(await add("b.test")).toMatchObject({
    status: 400,
    message: expect.stringContaining("at most"),
    error: { details: [{ path: "domain" }] },
  });
  await platform.database.run(sql`delete from domains where id > 'dom_x5'`);
  expect((await admin(`/api/v1/domains/${data.id}`, { method: "DELETE" })).status).toBe(200);
  expect((await list("?search=a.test")).length).toBe(0);
});
