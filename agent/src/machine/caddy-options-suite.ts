import { gunzipSync } from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type Asked, askAt, basic } from "./ask-sites.ts";
import { caddyWorld, type Told } from "./caddy-world.ts";

/** What a site can be told besides where it leads, held against Caddy itself. `told`: in which of its languages. */
export async function caddyOptionsSuite(told: Told, PORTS: { http: number; https: number; app: number }) {
  let seen: { url: string | undefined; headers: Record<string, unknown>; bytes: number }[] = [];
  const words = "what is worth it. ".repeat(200);
  // As the control plane makes it of "correct horse".
  const ada = { name: "ada", hash: "$2b$08$edu9mcFLLidDqg2LOikkW.txwumwvHIblzmUR72oXKY4rDmVMQnqi" };

  const world = await caddyWorld({ ports: PORTS, told }, (request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => (bytes += chunk.length));
    request.on("end", async () => {
      seen.push({ url: request.url, headers: request.headers, bytes });
      const { pathname } = new URL(request.url ?? "/", "http://x");
      response.setHeader("x-of-app", "app");
      response.setHeader("x-frame-options", "ALLOW");
      if (pathname === "/events" || pathname === "/lines") {
        response.writeHead(200, { "content-type": pathname === "/events" ? "text/event-stream" : "text/plain" });
        response.write(pathname === "/events" ? "data: first\n\n" : words);
        await sleep(1_500);
        return response.end("data: second\n\n");
      }
      response.setHeader("content-type", pathname === "/picture" ? "image/png" : "text/html; charset=utf-8");
      response.end(words);
    });
  });
  const sockets = new WebSocketServer({ server: world.behind });
  sockets.on("connection", (socket) => socket.on("message", (said) => socket.send(String(said).length)));
  afterAll(() => world.end());

  const ask = askAt(PORTS);
  const correct = basic("ada", "correct horse");
  const off = { https: "off" as const };
  const status = async (asked: Asked = {}) => (await ask(asked)).status;

  test("who has neither name nor password, or a wrong one, does not get in, and the app hears nothing of it", async () => {
    await world.serve([
      { name: "a.test", ...off, access: { users: [ada], networks: [] } },
      { name: "b.test", ...off },
    ]);
    seen = [];
    const turned = await ask();
    expect(turned).toMatchObject({ status: 401, headers: { "www-authenticate": expect.stringMatching(/^Basic /) } });
    expect(turned.body.toString()).toContain("A name and a password are needed");
    for (const headers of [
      basic("ada", "wrong"),
      basic("ada", ""),
      basic("", ""),
      basic("bob", "correct horse"),
      { authorization: "Bearer x" },
    ])
      expect(await status({ headers })).toBe(401);
    expect(await status({ headers: basic("ada", "correct horse".padEnd(100)) })).toBe(401);
    expect(seen).toEqual([]);
    expect(await status({ headers: correct })).toBe(200);
    // Whatever the site asked for, the app did not.
    expect(seen.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
    expect(await status({ name: "b.test", headers: correct })).toBe(200);
    expect(seen.at(-1)!.headers["authorization"]).toBe(correct.authorization);
  });

  test("no way of writing a path gets around it", async () => {
    seen = [];
    const open = "/.well-known/acme-challenge/";
    for (const path of [
      "/",
      "//",
      "///x",
      "/%2e%2e/",
      "/..;/x",
      "/;x",
      "/./",
      "/.%2e/",
      "\\..\\",
      "/%00",
      "/%ff",
      "*",
      "http://a.test/",
      "/x?y=/.well-known/appos",
      "/.well-known/appos/../../x",
      "/.well-known/appos%2f..%2f..%2fx",
      "/.well-known/appos/x",
      "/.well-known/appos;x",
      "/.well-known/appos%3b/..",
      open,
      `${open}../../x`,
      `${open}%2e%2e/%2e%2e/x`,
      `${open}..%2f..%2fx`,
      `${open}%252e%252e/x`,
      `${open}..;/..;/x`,
      `${open}x;/../..`,
      `${open}x/`,
      `${open}x?y`,
      `${open}x%2f..`,
      `${open}..\\..\\x`,
      `//.well-known/acme-challenge/x`,
      `/x/..${open}..`,
      `${open}.`,
      `${open}..`,
    ]) {
      const answer = await world.raw(`GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
      expect(answer, path).toMatch(/^HTTP\/1\.1 40[014] /);
    }
    expect(await world.raw("GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 401 /);
    for (const host of ["A.TEST", "a.test.", "a.test:18710", "a.test:80"]) {
      const answer = await world.raw(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      // Of names that are nobody's the server's own says nothing.
      if (told === "in JSON" || !/\r\nContent-Length: 0\r\n/.test(answer)) expect(answer, host).toMatch(/^HTTP\/1\.1 (401|404) /);
    }
    for (const method of ["POST", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
      expect(await world.raw(`${method} / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`), method).toMatch(/^HTTP\/1\.1 40/);
    expect(seen).toEqual([]);
    // What an authority and AppOS ask for is open.
    expect(await status({ path: `${open}abc-_1` })).toBe(200);
    expect(await status({ path: "/.well-known/appos" })).toBe(204);
    expect(seen.map(({ url }) => url)).toEqual([`${open}abc-_1`]);
  });

  test("a websocket needs it too", async () => {
    const open = (headers: Record<string, string>) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${PORTS.http}/`, { headers: { host: "a.test", ...headers } });
        socket.on("error", (error) => resolve(error.message));
        socket.on("open", () => socket.send("x".repeat(3 * 2 ** 20)));
        socket.on("message", (said) => (resolve(String(said)), socket.close()));
      });
    await world.serve([
      {
        name: "a.test",
        ...off,
        access: { users: [ada], networks: [] },
        maxBodyMb: 1,
        compress: true,
        headers: [{ name: "X-A", value: "b" }],
      },
    ]);
    expect(await open({})).toContain("401");
    // An upload limit is none of what a websocket says.
    expect(await open(correct)).toBe(String(3 * 2 ** 20));
  });

  test("a list of networks goes by where the connection comes from, and by nothing that is said of it", async () => {
    const from = (networks: string[], users: (typeof ada)[] = []) => world.serve([{ name: "a.test", ...off, access: { users, networks } }]);
    const lies = ["x-forwarded-for", "x-real-ip", "forwarded", "client-ip", "cf-connecting-ip", "true-client-ip", "x_forwarded_for"];
    await from(["203.0.113.0/24", "2001:db8::/32", "::1"]);
    seen = [];
    for (const name of lies)
      expect(await status({ headers: { [name]: name === "forwarded" ? "for=203.0.113.7" : "203.0.113.7" } }), name).toBe(403);
    expect((await ask()).body.toString()).toContain("This site is not open to you");
    expect(seen).toEqual([]);
    expect(await status({ host: "::1" })).toBe(200);
    await from(["127.0.0.0/8"]);
    expect(await status()).toBe(200);
    expect(await status({ host: "::1" })).toBe(403);
    if (told === "in JSON") {
      // Docker's own address stands for anybody.
      await world.serve([{ name: "a.test", ...off, access: { users: [], networks: ["0.0.0.0/0", "::/0"] } }], ["127.0.0.1"]);
      expect(await status()).toBe(403);
      expect(await status({ host: "::1" })).toBe(200);
    }
    await from(["127.0.0.1"], [ada]);
    expect(await status()).toBe(401);
    expect(await status({ headers: correct })).toBe(200);
    expect(await status({ headers: correct, host: "::1" })).toBe(403);
  });

  test("headers are on every answer, in the place of the app's, the proxy's own pages too", async () => {
    const headers = [
      { name: "X-Frame-Options", value: "DENY" },
      { name: "Content-Security-Policy", value: `default-src 'self'; img-src *; x "y" \`z\` #1` },
      { name: "X-Of-App", value: "" },
      { name: "Server", value: "" },
    ];
    const told = { "x-frame-options": "DENY", "content-security-policy": headers[1]!.value };
    const site = { headers, hsts: true, maxBodyMb: 1, compress: true };
    await world.serve([
      { name: "a.test", ...off, ...site, access: { users: [ada], networks: [] } },
      { name: "s.test", https: "acme", ...site },
      { name: "b.test", ...off },
    ]);
    // Its certificate is made first.
    await vi.waitFor(() => ask({ name: "s.test", https: true }), { timeout: 10_000, interval: 200 });
    for (const [asked, is] of [
      [{ headers: correct }, 200],
      [{}, 401],
      [{ headers: correct, method: "POST", body: Buffer.alloc(2 ** 21) }, 413],
      [{ name: "s.test" }, 200],
    ] as const) {
      const answer = await ask(asked);
      expect(answer).toMatchObject({ status: is, headers: told });
      expect(Object.keys(answer.headers)).not.toContain("x-of-app");
      expect(Object.keys(answer.headers)).not.toContain("strict-transport-security");
    }
    expect((await ask({ name: "s.test", https: true })).headers).toMatchObject({
      ...told,
      "strict-transport-security": "max-age=31536000",
    });
    expect((await ask({ name: "b.test" })).headers).toMatchObject({ "x-frame-options": "ALLOW", "x-of-app": "app" });
    world.behind.close();
    world.behind.closeAllConnections();
    const silent = await ask({ name: "s.test" });
    await new Promise<void>((resolve) => world.behind.listen(PORTS.app, "127.0.0.1", resolve));
    expect(silent).toMatchObject({ status: 502, headers: told });
  });

  test("more than the limit is not taken, and what is not more is, whole", async () => {
    await world.serve([
      { name: "a.test", ...off, maxBodyMb: 1 },
      { name: "b.test", ...off },
    ]);
    seen = [];
    const post = (bytes: number, more: Asked = {}) => ask({ method: "POST", body: Buffer.alloc(bytes, "x"), ...more });
    expect((await post(2 ** 20)).status).toBe(200);
    expect((await post(2 ** 20, { headers: { "transfer-encoding": "chunked" } })).status).toBe(200);
    expect(seen.map(({ bytes }) => bytes)).toEqual([2 ** 20, 2 ** 20]);
    const refused = await post(2 ** 20 + 1);
    expect(refused).toMatchObject({ status: 413 });
    expect(refused.body.toString()).toContain("That is too large");
    expect((await post(2 ** 20 + 1, { headers: { "transfer-encoding": "chunked" } })).status).toBe(413);
    expect(seen).toHaveLength(2);
    expect((await post(2 ** 21, { name: "b.test" })).status).toBe(200);
    expect(seen.at(-1)!.bytes).toBe(2 ** 21);
  });

  test("text is compressed for whoever takes it so; pictures are not, and what is sent bit by bit comes bit by bit", async () => {
    await world.serve([
      { name: "a.test", ...off, compress: true },
      { name: "b.test", ...off },
    ]);
    const gzip = { "accept-encoding": "gzip" };
    const answer = await ask({ headers: gzip });
    expect(answer.headers).toMatchObject({ "content-encoding": "gzip", vary: expect.stringMatching(/accept-encoding/i) });
    expect(gunzipSync(answer.body).toString()).toBe(words);
    expect((await ask({ headers: { "accept-encoding": "br, zstd, gzip" } })).headers["content-encoding"]).toBe("zstd");
    for (const plain of [{}, { headers: gzip, path: "/picture" }, { headers: gzip, name: "b.test" }]) {
      const whole = await ask(plain);
      expect(whole.headers["content-encoding"]).toBeUndefined();
      expect(whole.body.toString()).toBe(words);
    }
    for (const path of ["/events", "/lines"]) {
      const events = await ask({ headers: gzip, path });
      expect(events.firstMs, path).toBeLessThan(1_000);
    }
  });

  test("every user gets in, whatever their name, and a guess at who there is costs nothing", async () => {
    const names = ["a", "ab", "abc", "abcd", "x.y@z+1-_", "~".replace("~", "zzzz9"), "Q>".replace(">", "+"), "0"];
    await world.serve([{ name: "a.test", ...off, access: { users: names.map((name) => ({ ...ada, name })), networks: [] } }]);
    for (const name of names) {
      expect(await status({ headers: basic(name, "correct horse") }), name).toBe(200);
      expect(await status({ headers: { authorization: `bAsIc ${btoa(`${name}:correct horse`)}` } }), name).toBe(200);
      expect(await status({ headers: basic(name, "correct horsf") }), name).toBe(401);
    }
    const began = performance.now();
    for (const name of ["b", "A", "abcde", "a b", "", "admin"])
      expect(await status({ headers: basic(name, "correct horse") }), name).toBe(401);
    const twice = `Authorization: Basic ${btoa("admin:x")}\r\nAuthorization: ${correct.authorization}`;
    expect(await world.raw(`GET / HTTP/1.1\r\nHost: a.test\r\n${twice}\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 40[01] /);
    expect(performance.now() - began).toBeLessThan(600);
  });
}
