import { expect, test } from "vitest";
import { asker } from "../../platform/asker.ts";
import { soon, world } from "../../platform/memory/terminal-world.ts";

test("twenty are enough for one user", async () => {
  const { connect, open, ask } = await world();
  const agent = await connect();
  for (let i = 0; i < 20; i++) await open(agent);
  expect(await ask()).toMatchObject({ status: 409, error: { code: "TOO_MANY_TERMINALS" } });
});

test("of sixty tickets that were given out before, twenty let somebody in, also at the same time", async () => {
  const { connect, ask, admit, list } = await world();
  await connect();
  const tickets = [];
  for (let i = 0; i < 60; i++) tickets.push((await ask()).data);
  const admissions = await Promise.allSettled(tickets.map((ticket) => admit(ticket)));
  expect(admissions.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
  expect(admissions.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "TOO_MANY_TERMINALS" } });
  expect(await list()).toHaveLength(20);
});

test("those on a server that is away lock nobody out of another", async () => {
  const { connect, open, admin } = await world();
  const agent = await connect();
  for (let i = 0; i < 20; i++) await open(agent);
  await admin("/api/v1/servers", { json: { name: "osaka-1" } });
  const ask = async () => (await admin("/api/v1/servers/osaka-1/terminal", { json: {} })).error?.code;
  expect(await ask()).toBe("TOO_MANY_TERMINALS");
  await agent.leave();
  expect(await ask()).toBe("SERVER_AWAY");
});

test("who is removed leaves no terminal behind: it ends at once, or when its server is back", async () => {
  const { connect, ask, admit, watch, admin, nobody, app, services } = await world();
  const agent = await connect();
  const grace = { email: "grace@example.org", password: "correct horse battery" };
  const { data: user } = await admin("/api/v1/users", { json: { ...grace, name: "Grace", role: "admin" } });
  const login = await nobody("/api/v1/auth/login", { json: grace });
  const other = asker(app, { cookie: login.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" });
  const open = async (who: typeof other) => {
    const { data } = await ask({}, who);
    watch(await admit(data)).leave();
    await agent.says({ type: "terminals", open: [data.session], ended: [] });
    return data.session as string;
  };
  const [hers, mine] = [await open(other), await open(admin)];
  await services.terminals.tidy();
  expect(agent.heard("end-terminal")).toEqual([]);
  await admin(`/api/v1/users/${user.id}`, { method: "DELETE" });
  const why = "grace@example.org may not do this any more.";
  expect(agent.heard("end-terminal")).toEqual([{ type: "end-terminal", session: hers, why }]);

  await agent.leave();
  const back = await connect();
  await back.says({ type: "terminals", open: [hers, mine], ended: [] });
  await soon();
  expect(back.heard("end-terminal")).toEqual([{ type: "end-terminal", session: hers, why }]);
});

test("those of a server that was removed are closed in the books", async () => {
  const { connect, open, admin, services } = await world();
  const agent = await connect();
  for (let i = 0; i < 20; i++) await open(agent);
  await admin("/api/v1/servers", { json: { name: "osaka-1" } });
  const ask = async () => (await admin("/api/v1/servers/osaka-1/terminal", { json: {} })).error?.code;
  await services.terminals.tidy();
  expect(await ask()).toBe("TOO_MANY_TERMINALS");
  await admin("/api/v1/servers/tokyo-1", { method: "DELETE" });
  await services.terminals.tidy();
  expect(await ask()).toBe("SERVER_AWAY");
});

test("who opened a terminal is kept for a year after it has ended", async () => {
  const { connect, ask, admit, platform, services, serverId } = await world();
  const kept = async () => (await services.terminals.list(serverId, { page: 1, pageSize: 1 })).pagination.total;
  await connect();
  await admit((await ask()).data);
  platform.advance(5 * 60_000 + 1);
  await services.terminals.tidy();
  platform.advance(364 * 24 * 3_600_000);
  await services.terminals.tidy();
  expect(await kept()).toBe(1);
  platform.advance(2 * 24 * 3_600_000);
  await services.terminals.tidy();
  expect(await kept()).toBe(0);
});
