import type { TerminalTicket } from "@appos/shared/terminals";
import { expect, test } from "vitest";
import { asker } from "../../platform/asker.ts";
import { soon, world } from "../../platform/memory/terminal-world.ts";

test("who is not signed in, or may only look, gets no ticket", async () => {
  const { ask, nobody, viewer: signIn } = await world();
  const viewer = await signIn();
  expect(await ask({}, nobody)).toMatchObject({ status: 401 });
  expect(await ask({}, viewer)).toMatchObject({ status: 403, error: { code: "FORBIDDEN" } });
  expect(await viewer("/api/v1/servers/tokyo-1/terminals")).toMatchObject({ status: 403 });
});

test("a server that is away has no terminal, and neither has one whose policy forbids it", async () => {
  expect(await (await world()).ask()).toMatchObject({ status: 409, error: { code: "SERVER_AWAY" } });
  const strict = await world({ terminals: { host: false } });
  await strict.connect();
  expect(await strict.ask()).toMatchObject({ status: 403, error: { code: "POLICY_REFUSED", details: { rule: "host-terminal" } } });
});

test("a ticket is good once, for thirty seconds, at its own address, and for a browser only from a page", async () => {
  const { connect, ask, admit, platform } = await world();
  await connect();
  const ticket = async () => (await ask()).data as TerminalTicket;
  const once = await ticket();
  expect(await admit(once)).toMatchObject({ terminalId: once.session, resume: false });
  expect(await admit(once)).toBeUndefined();
  expect(await admit(await ticket(), "apps", "tokyo-1")).toBeUndefined();
  expect(await admit(await ticket(), "servers", "osaka-1")).toBeUndefined();
  expect(await admit(await ticket(), "servers", "tokyo-1", false)).toBeUndefined();
  expect(await admit({ ...once, ticket: "guessed" })).toBeUndefined();
  const late = await ticket();
  platform.advance(30_001);
  expect(await admit(late)).toBeUndefined();
});

test("of twenty sockets with one ticket one is let in", async () => {
  const { connect, ask, admit } = await world();
  await connect();
  const { data } = await ask();
  const admissions = await Promise.all(Array.from({ length: 20 }, () => admit(data)));
  expect(admissions.filter((each) => each !== undefined)).toHaveLength(1);
});

test("a ticket is void once its session is", async () => {
  const { connect, ask, admit, admin } = await world();
  await connect();
  const { data } = await ask();
  await admin("/api/v1/auth/logout", { method: "POST" });
  expect(await admit(data)).toBeUndefined();
});

test("who opened it is written down before the server hears of it, and that it ended", async () => {
  const { connect, ask, admit, watch, list, admin } = await world();
  const agent = await connect();
  const { data } = await ask();
  const admission = await admit(data);
  expect(agent.heard("open-stream")).toEqual([]);
  expect(await list()).toMatchObject([{ id: data.session, by: "ada@example.org", address: "192.0.2.1", endedAt: null, why: null }]);
  const { items } = (await admin("/api/v1/activity")).data;
  expect(items[0]).toMatchObject({ action: "open-host-terminal", by: "ada@example.org", subject: "tokyo-1", address: "192.0.2.1" });
  watch(admission);
  expect(agent.heard("open-stream")).toMatchObject([
    {
      kind: "terminal",
      input: { session: data.session, by: "ada@example.org", target: { type: "host" }, resume: false, after: 0, cols: 80, rows: 24 },
    },
  ]);
  await agent.says({
    type: "terminals",
    open: [],
    ended: [{ session: data.session, code: 0, signal: null, why: "Its program has ended." }],
  });
  expect(await list()).toMatchObject([{ endedAt: expect.any(Number), why: "Its program has ended." }]);
  expect(await ask({ session: data.session })).toMatchObject({ status: 410, error: { code: "TERMINAL_ENDED" } });
});

test("another's terminal is not there, also for another administrator", async () => {
  const { connect, open, ask, admin, nobody, app } = await world();
  const { session } = await open(await connect());
  const grace = { email: "grace@example.org", password: "correct horse battery" };
  await admin("/api/v1/users", { json: { ...grace, name: "Grace", role: "admin" } });
  const login = await nobody("/api/v1/auth/login", { json: grace });
  const other = asker(app, { cookie: login.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" });
  expect(await ask({ session }, other)).toMatchObject({ status: 404, error: { code: "NOT_FOUND" } });
  expect(await ask({ session: "term_01m0000000" })).toMatchObject({ status: 404 });
  expect(await ask({ session })).toMatchObject({ status: 201, data: { session } });
});

test("its link lost, the browser is told to come again; back, it is asked for again and not opened anew", async () => {
  const { connect, open, ask, admit, watch, list } = await world();
  const first = await connect();
  const { session, viewer } = await open(first);
  await first.leave();
  expect(viewer.frames.at(-1)).toEqual({ type: "away" });
  expect(viewer.closed).toEqual([4100]);
  expect(await ask({ session })).toMatchObject({ error: { code: "SERVER_AWAY" } });

  const second = await connect();
  await second.says({ type: "terminals", open: [session], ended: [] });
  const admission = await admit((await ask({ session })).data);
  watch(admission, 7);
  expect(second.heard("open-stream")).toMatchObject([{ input: { session, resume: true, after: 7 } }]);
  expect(await list()).toHaveLength(1);
});

test("what is not among the open ones after a new link has ended; what was asked for over this very link has not", async () => {
  const { connect, open, list, ask, admit, watch } = await world();
  const first = await connect();
  const { session } = await open(first);
  await first.leave();
  const second = await connect();
  const { data } = await ask();
  watch(await admit(data));
  await second.says({ type: "terminals", open: [], ended: [] });
  expect(await list()).toMatchObject([
    { id: data.session, endedAt: null },
    { id: session, endedAt: expect.any(Number), why: "The agent of its server has ended, and every terminal with it." },
  ]);
});

test("what its server refuses is told and written down", async () => {
  const { connect, ask, admit, watch, list } = await world();
  const agent = await connect();
  const viewer = watch(await admit((await ask()).data));
  const { streamId } = agent.heard("open-stream")[0]!;
  await agent.says({ type: "stream-closed", streamId, error: "This server allows no terminal on itself.", code: "POLICY_REFUSED" });
  await soon();
  expect(viewer.frames).toEqual([{ type: "error", code: "POLICY_REFUSED", message: "This server allows no terminal on itself." }]);
  expect(viewer.closed).toEqual([4103]);
  expect(await list()).toMatchObject([{ why: "This server allows no terminal on itself.", endedAt: expect.any(Number) }]);
});

test("who signs out is shown out; who is no user any more, with the shell", async () => {
  const { connect, open, services } = await world();
  const agent = await connect();
  const [first, second] = [await open(agent), await open(agent)];
  first.viewer.expel(false);
  expect(first.viewer.closed).toEqual([4104]);
  expect(agent.heard("stream-control")).toEqual([]);
  second.viewer.expel(true);
  expect(agent.heard("stream-control")).toMatchObject([{ message: { type: "end", why: "ada@example.org may not do this any more." } }]);
  const standing = { target: { type: "host" as const }, userId: "usr_nobody", credential: "session:x" };
  expect(await services.terminals.standing(standing)).toBe("gone");
});

test("what never began is closed in the books", async () => {
  const { connect, ask, admit, platform, services, list } = await world();
  await connect();
  await admit((await ask()).data);
  platform.advance(5 * 60_000 + 1);
  await services.terminals.tidy();
  expect(await list()).toMatchObject([{ why: "Its server was not reached.", endedAt: expect.any(Number) }]);
});
