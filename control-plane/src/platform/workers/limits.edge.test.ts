import { FRAME_BYTES, HANDSHAKE_MS } from "@appos/shared/agent-link";
import { dataFrame, STREAM_WINDOW } from "@appos/shared/streams";
import { afterAll, beforeAll, expect, test } from "vitest";
import { edgeWorld, until } from "./edge-world.ts";

let it: Awaited<ReturnType<typeof edgeWorld>>;
beforeAll(async () => void (it = await edgeWorld()));
afterAll(() => it.end());

test("a frame that is too large ends the link, and one that is as large as may be does not", async () => {
  const server = await it.server("large");
  const agent = await server.connect();
  await agent.hears("welcome");
  const frame = (bytes: number) => JSON.stringify({ type: "later", text: "x".repeat(bytes - 26) });
  agent.socket.send(frame(FRAME_BYTES));
  agent.socket.send("ping");
  await until("it is still heard", () => agent.texts.includes("pong"));
  agent.socket.send(frame(FRAME_BYTES + 1));
  expect((await agent.closed).code).toBe(1009);
  await until("it is away", async () => !(await server.isUp()));
});

test("a browser that reads nothing is sent a window and no more, though nobody can ask its socket how much waits", async () => {
  const server = await it.server("flood");
  const agent = await server.connect();
  await agent.hears("welcome");
  const browser = await it.terminal(server.id, { reads: false });
  const streamId = (await agent.hears("open-stream"))["streamId"] as number;
  agent.says({ type: "stream-control", streamId, message: { type: "ready", offset: 0, lost: 0 } });
  let given = STREAM_WINDOW;
  let sent = 0;
  const credit = () => agent.heard("credit").reduce((sum, frame) => sum + (frame["bytes"] as number), 0);
  for (let quiet = 0; quiet < 25; quiet++) {
    for (given = STREAM_WINDOW + credit(); sent + 32_000 <= given; sent += 32_000) {
      agent.socket.send(dataFrame(streamId, new Uint8Array(32_000).fill(120)));
      quiet = 0;
    }
    await new Promise((go) => setTimeout(go, 20));
  }
  expect(browser.output()).toHaveLength(STREAM_WINDOW);
  expect(given).toBeLessThanOrEqual(2 * STREAM_WINDOW);
  browser.says({ type: "read", bytes: 100_000 });
  await until("it is sent as much again", () => browser.output().length === STREAM_WINDOW + 100_000);
  browser.socket.close();
  agent.socket.close();
});

test("who comes later is the link: what the one before says changes nothing", async () => {
  const server = await it.server("twins");
  const former = await server.connect();
  await former.hears("welcome");
  // The former one is silent: it is not asked whether it is there, for it does not answer.
  const later = await server.connect();
  await later.hears("welcome");
  expect((await former.closed).code).toBe(4009);
  expect(await server.isUp()).toBe(true);
  later.socket.close();
});

test("another agent with the same key is turned away while the first one answers", async () => {
  const server = await it.server("copied");
  const agent = await server.connect();
  await agent.hears("welcome");
  agent.socket.on("message", (data: Buffer) => String(data) === "ping" && agent.socket.send("pong"));
  const copy = await server.connect();
  expect((await copy.closed).code).toBe(4011);
  expect(await server.isUp()).toBe(true);
  agent.socket.close();
});

test("eight people sign in at once, each hash within the memory there is", async () => {
  const login = () => it.nobody("auth/login", { email: "ada@example.org", password: "correct horse battery" });
  const replies = await Promise.all(Array.from({ length: 8 }, login));
  expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200));
  const { rows } = await it.client.execute("select passwordHash from users");
  expect(String(rows[0]![0])).toMatch(/^scrypt\$32768\$8\$1\$/);
});

test("wrong passwords are counted where every location reads them", async () => {
  const login = () => it.nobody("auth/login", { email: "eve@example.org", password: "not this one" });
  const codes = [];
  for (let i = 0; i < 11; i++) codes.push((await login()).error?.code);
  expect(codes.at(-1)).toBe("TOO_MANY_ATTEMPTS");
  const { rows } = await it.client.execute("select count(*) from attempts");
  expect(Number(rows[0]![0])).toBeGreaterThan(0);
});

test("a new version that drops forty agents' sockets at once finds them all back, each with one link", async () => {
  const servers = [];
  for (let i = 0; i < 40; i++) servers.push(await it.server(`storm-${i}`));
  const first = await Promise.all(servers.map((server) => server.connect()));
  await Promise.all(first.map((agent) => agent.hears("welcome")));
  await it.deploy();
  await Promise.all(first.map((agent) => agent.closed));
  const again = await Promise.all(servers.map((server) => server.connect()));
  await Promise.all(again.map((agent) => agent.hears("welcome")));
  const linked = async () =>
    (await it.admin("servers?pageSize=100")).data.items.filter((server: { linked: boolean }) => server.linked).length;
  await until("all are up", async () => (await linked()) >= 40);
  const { rows } = await it.client.execute(
    "select count(*) from timeline join servers on servers.id = serverId where what = 'lost' and name like 'storm-%'",
  );
  expect(Number(rows[0]![0])).toBe(0);
  for (const agent of again) agent.socket.close();
});

test("a socket that does not prove itself is closed in time, though the database was away when the alarm rang", async () => {
  const server = await it.server("unproven");
  const silent = await server.dial();
  const began = Date.now();
  const opened = async () =>
    (await it.client.execute({ sql: "select opened from links where serverId = ?", args: [server.id] })).rows.length > 0;
  await until("it has joined", opened);
  await it.database.kill9();
  await silent.closed;
  expect(Date.now() - began).toBeLessThan(HANDSHAKE_MS + 10_000);
  await it.database.start();
  // The alarm has failed, and rings all the same.
  const next = await server.dial();
  await next.closed;
}, 60_000);

test("a room does not wait for ever for a question that its database never answers", async () => {
  const server = await it.server("mute");
  const agent = await server.connect();
  await agent.hears("welcome");
  await until("it is up", server.isUp);
  it.mute(true);
  agent.says({ type: "terminals", open: [], ended: [] });
  await new Promise((go) => setTimeout(go, 500));
  it.mute(false);
  // The one who asked is sent away, and whoever comes is let in.
  expect((await agent.closed).code).toBe(1011);
  const again = await server.connect();
  await again.hears("welcome");
  again.socket.close();
}, 60_000);

test("what was begun is done, though whoever asked for it has gone", async () => {
  const server = await it.server("left-alone");
  const agent = await server.connect();
  await agent.hears("welcome");
  await until("it is up", server.isUp);
  it.slow(300);
  const leave = new AbortController();
  const headers = { cookie: it.cookie, origin: it.origin };
  const asked = fetch(`${it.origin}/api/v1/servers/${server.id}`, { method: "DELETE", headers, signal: leave.signal });
  const gone = asked.then(
    () => "answered",
    () => "left",
  );
  const find = async (sql: string) => (await it.client.execute({ sql, args: [server.id] })).rows.length > 0;
  await until("it is removed", () => find("select 1 from servers where id = ? and removedAt is not null"));
  leave.abort();
  expect(await gone).toBe("left");
  await until("who did it is written down", () => find("select 1 from activity where serverId = ? and action = 'remove-server'"), 5_000);
  expect((await agent.closed).code).toBe(4003);
  it.slow(0);
});
