import { Agent, createServer, request, type Server } from "node:http";
import { connect } from "node:http2";
import type { AddressInfo } from "node:net";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { asking, at, nginxWorld, plain, route } from "./nginx-world.ts";

const PORTS = { http: 18_550, https: 18_551 };
const ask = asking(PORTS);
/** Nobody listens there. */
const GONE = 18_559;
let nginx: Awaited<ReturnType<typeof nginxWorld>>;
const apps: Server[] = [];
beforeAll(async () => void (nginx = await nginxWorld(PORTS)));
afterAll(async () => {
  for (const each of apps) each.close().closeAllConnections();
  await nginx.end();
});

type Answers = Parameters<typeof createServer>[1];
async function app(answers: Answers): Promise<number> {
  const server = createServer(answers as never).listen(0, "127.0.0.1");
  apps.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  return (server.address() as AddressInfo).port;
}
const says = (words: string) => app((_, answer) => void answer.end(words));
/** What it was asked, as the answer. */
const mirror = () => app(({ url, headers }, answer) => void answer.end(JSON.stringify({ url, ...headers })));

test("paths lead by whole parts, the longest first, and come to the app as they were asked for", async () => {
  const [all, api, v1] = [await says("all"), await says("api"), await mirror()];
  await nginx.serve([
    plain("a.test", [route("/", [all]), route("/api/v1", [v1]), route("/api", [api])]),
    plain("b.test", [route("/in", [all])]),
  ]);
  const text = async (path: string) => (await ask("a.test", { path })).text;
  expect(await text("/apix")).toBe("all");
  expect(await text("/api")).toBe("api");
  expect(await text("/api/v10")).toBe("api");
  expect(JSON.parse(await text("/api/v1/%2e%2f%20x//y?q=a%20b"))).toMatchObject({ url: "/api/v1/%2e%2f%20x//y?q=a%20b" });
  expect(await ask("b.test", { path: "/" })).toMatchObject({ status: 404, text: expect.stringContaining("There is nothing here") });
  expect(await ask("c.test")).toMatchObject({ status: 404, headers: { "cache-control": "no-store", server: "nginx" } });
});

test("what a visitor says of itself and of others is not believed", async () => {
  const port = await mirror();
  await nginx.serve([plain("a.test", [route("/", [port])])]);
  const lies = {
    "x-forwarded-for": "1.2.3.4",
    "x-real-ip": "1.2.3.4",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.test",
    forwarded: "for=1.2.3.4",
  };
  const said = JSON.parse((await ask("a.test", { headers: { ...lies, host: "a.test:8080" } })).text);
  expect(said).toMatchObject({
    host: "a.test:8080",
    "x-forwarded-for": "127.0.0.1",
    "x-real-ip": "127.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-host": "a.test:8080",
  });
  expect(said.forwarded).toBeUndefined();
  // The whole address in the first line is what the site was found by.
  expect(JSON.parse((await ask("b.test", { path: "http://a.test/x" })).text)).toMatchObject({ url: "/x", host: "a.test" });
});

test("a site that is down says so, and what an app says of itself stays", async () => {
  const own = await app((_, answer) => void answer.writeHead(502).end("my own"));
  await nginx.serve([
    plain("none.test", [route("/", [])]),
    plain("gone.test", [route("/", [GONE])]),
    plain("own.test", [route("/", [own])]),
  ]);
  expect(await ask("none.test")).toMatchObject({
    status: 503,
    text: expect.stringContaining("not available"),
    headers: { "cache-control": "no-store" },
  });
  expect(await ask("gone.test")).toMatchObject({ status: 502, text: expect.stringContaining("not available") });
  expect(await ask("own.test")).toMatchObject({ status: 502, text: "my own" });
});

test("a name is served over HTTP until it has a certificate; then it is sent to HTTPS, and so is its other name", async () => {
  const port = await mirror();
  const site = plain("a.test", [route("/", [port])], { https: "acme", alias: "www.a.test" });
  await nginx.serve([site]);
  writeFileSync(`${nginx.folder}/challenges/token`, "token.thumb");
  expect(await ask("a.test")).toMatchObject({ status: 200 });
  expect(await ask("www.a.test", { path: "/x?y" })).toMatchObject({ status: 308, headers: { location: "http://a.test/x?y" } });
  expect(await ask("a.test", { path: "/.well-known/acme-challenge/token" })).toMatchObject({ status: 200, text: "token.thumb" });
  await expect(ask("a.test", { https: true })).rejects.toThrow();
  await nginx.serve([site], ["a.test", "www.a.test"]);
  for (const name of ["a.test", "www.a.test"]) {
    expect(await ask(name, { path: "/x?y" })).toMatchObject({ status: 308, headers: { location: `https://${name}/x?y` } });
    expect(await ask(name, { path: "/.well-known/acme-challenge/token" })).toMatchObject({ text: "token.thumb" });
  }
  expect(JSON.parse((await ask("a.test", { https: true })).text)).toMatchObject({ "x-forwarded-proto": "https" });
  expect(await ask("www.a.test", { https: true })).toMatchObject({ status: 308, headers: { location: "https://a.test/" } });
  const session = connect(`https://127.0.0.1:${PORTS.https}`, { servername: "a.test", rejectUnauthorized: false });
  const stream = session.request({ ":authority": "a.test", ":path": "/two" });
  let text = "";
  for await (const part of stream) text += part;
  session.close();
  expect(JSON.parse(text)).toMatchObject({ url: "/two", host: "a.test" });
});

test("what streams, and what is large, is passed on as it comes", async () => {
  const port = await app(async (asked, answer) => {
    if (asked.method === "GET") {
      answer.write("first\n");
      await sleep(300);
      return void answer.end("last\n");
    }
    let bytes = 0;
    asked.once("data", () => answer.writeHead(200, { "x-began": "early" }));
    for await (const part of asked) bytes += (part as Buffer).length;
    answer.end(String(bytes));
  });
  await nginx.serve([plain("a.test", [route("/", [port])])]);
  const parts: number[] = [];
  await new Promise<void>((resolve) => {
    request({ host: "127.0.0.1", port: PORTS.http, headers: { host: "a.test" } }, (answer) => {
      answer.on("data", () => parts.push(performance.now()));
      answer.on("end", resolve);
    }).end();
  });
  expect(parts[1]! - parts[0]!).toBeGreaterThan(200);
  const body = "x".repeat(20_000_000);
  expect(await ask("a.test", { method: "POST", body })).toMatchObject({ status: 200, text: "20000000" });
});

test("requests are spread over containers, and where one is gone the others answer", async () => {
  const [one, two] = [await says("one"), await says("two")];
  const all = async (options: Parameters<typeof ask>[1] = {}) => Promise.all(Array.from({ length: 60 }, () => ask("a.test", options)));
  await nginx.serve([plain("a.test", [route("/", [one, two])])]);
  const texts = (await all()).map(({ text }) => text);
  expect(texts.filter((text) => text === "one").length).toBeGreaterThan(10);
  expect(texts.filter((text) => text === "two").length).toBeGreaterThan(10);
  await nginx.serve([plain("a.test", [route("/", [GONE, one, GONE + 1])])]);
  expect((await all()).every(({ status, text }) => status === 200 && text === "one")).toBe(true);
  const posted = await all({ method: "POST", body: "x" });
  expect(new Set(posted.map(({ status }) => status))).toEqual(new Set([200, 503]));
  await nginx.serve([plain("a.test", [route("/", [GONE, GONE + 1])])]);
  expect((await all()).every(({ status, text }) => status >= 502 && text.includes("not available"))).toBe(true);
});

test("a websocket stays through a reload", async () => {
  const server = createServer();
  new WebSocketServer({ server }).on("connection", (socket) => socket.on("message", (words) => socket.send(`heard ${String(words)}`)));
  server.listen(0, "127.0.0.1");
  apps.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await nginx.serve([plain("a.test", [route("/", [port])])]);
  const socket = new WebSocket(`ws://127.0.0.1:${PORTS.http}/`, { headers: { host: "a.test" } });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const heard = () => new Promise((resolve) => socket.once("message", (words) => resolve(String(words))));
  await nginx.serve([plain("a.test", [route("/", [port])]), plain("b.test", [route("/", [])])]);
  socket.send("one");
  expect(await heard()).toBe("heard one");
  socket.close();
});

test("a file switches from the containers of one release to those of the next: no request fails", async () => {
  const [old, next] = [await says("old"), await says("next")];
  const [old2, next2] = [await says("old"), await says("next")];
  const beside = (ports: number[]) => ({ file: "appos-blog.web", upstreams: at(ports) });
  await nginx.serve([
    plain("a.test", [route("/", [old, old2], beside([next, next2]))]),
    plain("one.test", [route("/", [old], { ...beside([next]) })]),
  ]);
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  let [stop, asked, failed] = [false, 0, 0];
  const seen = new Set<string>();
  const clients = Array.from({ length: 20 }, async (_, i) => {
    while (!stop) {
      const answer = await ask(i % 2 ? "a.test" : "one.test", { agent, ...(i % 4 === 0 && { method: "POST", body: "x" }) }).catch(
        () => undefined,
      );
      asked += 1;
      if (answer?.status === 200) seen.add(answer.text);
      else failed += 1;
    }
  });
  for (let turn = 0; turn < 20; turn += 1) {
    const file = nginx.live("appos-blog.web");
    if (existsSync(file)) rmSync(file);
    else writeFileSync(file, "");
    await sleep(50);
    const [now] = [existsSync(file) ? "next" : "old"];
    expect((await ask("a.test")).text).toBe(now);
  }
  stop = true;
  await Promise.all(clients);
  agent.destroy();
  expect(failed).toBe(0);
  expect(asked).toBeGreaterThan(500);
  expect(seen).toEqual(new Set(["old", "next"]));
});

test("a reload loses no request", async () => {
  const port = await says("here");
  const sites = [plain("a.test", [route("/", [port])])];
  await nginx.serve(sites);
  let [stop, asked, failed] = [false, 0, 0];
  const clients = Array.from({ length: 20 }, async () => {
    while (!stop) {
      const answer = await ask("a.test").catch(() => undefined);
      asked += 1;
      if (answer?.status !== 200) failed += 1;
    }
  });
  for (let turn = 0; turn < 5; turn += 1) await nginx.serve([...sites, plain(`b${turn}.test`, [])]);
  stop = true;
  await Promise.all(clients);
  expect(failed).toBe(0);
  expect(asked).toBeGreaterThan(500);
});
