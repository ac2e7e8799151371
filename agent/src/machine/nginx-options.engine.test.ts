import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ResolvedSite } from "../proxy/resolved.ts";
import { asking, nginxWorld, plain, route } from "./nginx-world.ts";

const PORTS = { http: 18_560, https: 18_561 };
const ask = asking(PORTS);
/** Nobody listens there. */
const GONE = 18_569;
/** bcrypt of `correct horse`. */
const hash = "$2b$08$C12f0u3IK2cyWJZz3xsIH.hXbMor9qy2XK/53og9IAD/AcBFi2GNC";
const basic = (name: string, password: string) => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` });
let nginx: Awaited<ReturnType<typeof nginxWorld>>;
let app: Server;
let port: number;
beforeAll(async () => {
  nginx = await nginxWorld(PORTS);
  app = createServer((asked, answer) => {
    answer.setHeader("x-powered-by", "app").setHeader("x-frame-options", "ALLOWALL");
    if (asked.url === "/page") return void answer.setHeader("content-type", "text/html").end("word ".repeat(1_000));
    if (asked.url === "/picture") return void answer.setHeader("content-type", "image/png").end("word ".repeat(1_000));
    asked.resume().on("end", () => answer.end(JSON.stringify({ url: asked.url, ...asked.headers })));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => app.once("listening", resolve));
  ({ port } = app.address() as AddressInfo);
});
afterAll(async () => {
  app.close().closeAllConnections();
  await nginx.end();
});
const serve = (more: Partial<ResolvedSite>, secured: string[] = []) =>
  nginx.serve([plain("a.test", [route("/", [port]), route("/api", [port])], more), plain("open.test", [route("/", [port])])], secured);

test("a name with its password is asked for before every path, and the app sees neither", async () => {
  await serve({ access: { users: [{ name: "ada", hash }], networks: [] } });
  for (const path of ["/", "/api", "/api/x", "//", "/x/%2e%2e/", "/;x", "/.well-known/acme-challenge/../secret", "/.well-known/appos/"])
    expect((await ask("a.test", { path })).status, path).toBe(401);
  expect((await ask("a.test")).headers["www-authenticate"]).toBe('Basic realm="restricted"');
  expect((await ask("a.test", { headers: basic("ada", "wrong") })).status).toBe(401);
  expect((await ask("a.test", { headers: basic("eve", "correct horse") })).status).toBe(401);
  const inside = await ask("a.test", { headers: basic("ada", "correct horse") });
  expect(inside.status).toBe(200);
  expect(JSON.parse(inside.text)).not.toHaveProperty("authorization");
  expect(JSON.parse((await ask("open.test", { headers: basic("ada", "x") })).text)).toHaveProperty("authorization");
  expect((await ask("a.test", { path: "/.well-known/appos" })).status).toBe(204);
});

test("visitors come from the networks that are named, whatever they say of themselves", async () => {
  await serve({ access: { users: [], networks: ["203.0.113.0/24"] } });
  expect((await ask("a.test", { headers: { "x-forwarded-for": "203.0.113.7", "x-real-ip": "203.0.113.7" } })).status).toBe(403);
  expect((await ask("open.test")).status).toBe(200);
  await serve({ access: { users: [{ name: "ada", hash }], networks: ["127.0.0.0/8"] } });
  expect((await ask("a.test")).status).toBe(401);
  expect((await ask("a.test", { headers: basic("ada", "correct horse") })).status).toBe(200);
});

test("headers are on every answer in the place of the app's, on pages of the proxy too; HSTS over HTTPS only", async () => {
  const headers = [
    { name: "X-Frame-Options", value: "DENY" },
    { name: "X-Powered-By", value: "" },
    { name: "X-Said", value: `it's fine; "really" #` },
  ];
  await serve({ headers, hsts: true, https: "acme", forceHttps: false }, ["a.test"]);
  const [open, secure] = [await ask("a.test"), await ask("a.test", { https: true })];
  for (const { headers: said } of [open, secure]) {
    expect(said).toMatchObject({ "x-frame-options": "DENY", "x-said": `it's fine; "really" #` });
    expect(said).not.toHaveProperty("x-powered-by");
  }
  expect(secure.headers["strict-transport-security"]).toBe("max-age=31536000");
  expect(open.headers).not.toHaveProperty("strict-transport-security");
  expect((await ask("open.test")).headers).toMatchObject({ "x-powered-by": "app" });
  await nginx.serve([plain("a.test", [route("/", [GONE])], { headers })]);
  expect(await ask("a.test")).toMatchObject({ status: 502, headers: { "x-frame-options": "DENY", "cache-control": "no-store" } });
});

test("no more is taken than may be sent, and text is compressed for whoever takes it so", async () => {
  await serve({ maxBodyMb: 1, compress: true });
  const send = (name: string, bytes: number) => ask(name, { method: "POST", body: "x".repeat(bytes) });
  expect((await send("a.test", 2 ** 20)).status).toBe(200);
  expect((await send("a.test", 2 ** 20 + 1)).status).toBe(413);
  expect((await send("open.test", 2 ** 20 + 1)).status).toBe(200);
  const encoding = async (name: string, path: string) =>
    (await ask(name, { path, headers: { "accept-encoding": "gzip" } })).headers["content-encoding"];
  expect([await encoding("a.test", "/page"), await encoding("a.test", "/picture"), await encoding("open.test", "/page")]).toEqual([
    "gzip",
    undefined,
    undefined,
  ]);
});
