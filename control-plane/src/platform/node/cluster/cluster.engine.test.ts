import { STREAM_WINDOW } from "@appos/shared/streams";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Signal } from "../../../ports.ts";
import { asker } from "../../asker.ts";
import { begin, controlPlane, end, soon, until, world } from "./cluster-world.ts";

beforeAll(begin);
afterAll(end);

test("a job is offered at once, at whichever control plane it was asked for, and its news is heard at all of them", async () => {
  const { a, b, askB, serverId, connect, presence } = await world();
  const heard: (Signal | "reset")[] = [];
  await b.services.events.subscribe(undefined, (signal) => heard.push(signal));
  const agent = await connect(a);
  await agent.says({ type: "sample", sample });
  await until("B has heard of it", () => heard.some((signal) => signal !== "reset" && signal.type === "server.sampled"));
  expect((await askB(`/api/v1/servers/${serverId}`)).data).toMatchObject({ presence: "up", linked: true, sample });

  const compose = "services:\n  web:\n    image: busybox\n";
  const created = await askB("/api/v1/apps", {
    json: { name: `app-${serverId.slice(-6)}`, serverId, source: { type: "compose", compose } },
  });
  expect(created.status).toBe(202);
  const [offer] = await until("it is offered", () => (agent.heard("offer").length > 0 ? agent.heard("offer") : undefined), 1_000);
  await agent.says({ type: "accepted", jobId: offer!["jobId"] });
  const { deployment } = created.data;
  await until("B shows it running", async () => (await askB(`/api/v1/deployments/${deployment.id}`)).data.status === "running");
  const entries = [{ seq: 1, at: 1, step: "pull", stream: "stdout", text: "hello" }];
  await agent.says({ type: "output", jobId: offer!["jobId"], entries });
  await until("B hears that it has said something", () => heard.some((signal) => signal !== "reset" && signal.type === "job.said"));
  expect((await askB(`/api/v1/deployments/${deployment.id}/logs`)).data.items).toHaveLength(1);
  expect(await presence()).toMatchObject({ linked: true });
});

test("a terminal works through another control plane, and never runs ahead of who reads it", async () => {
  const { a, connect, watch, streamOf } = await world();
  const agent = await connect(a);
  const viewer = await watch();
  const streamId = await streamOf(agent);
  viewer.receiveBytes(Buffer.from("ls\n"));
  await agent.says({ type: "stream-control", streamId, message: { type: "ready", offset: 0, lost: 0 } });
  await until("it is typed", () => Buffer.concat(agent.bytes).toString() === "ls\n");
  expect(viewer.frames[0]).toMatchObject({ type: "ready" });

  const credit = () => agent.heard("credit").reduce((sum, { bytes }) => sum + (bytes as number), STREAM_WINDOW);
  let sent = 0;
  const flood = () => {
    for (; sent + 65_536 <= credit(); sent += 65_536) agent.output(streamId, new Uint8Array(65_536));
  };
  for (let turn = 0; turn < 20; turn++, await soon(10)) flood();
  // A window at the browser, and one more on the way to it.
  expect([viewer.shown.bytes, sent]).toEqual([STREAM_WINDOW, 2 * STREAM_WINDOW]);
  viewer.receive(JSON.stringify({ type: "read", bytes: STREAM_WINDOW }));
  await until("more is shown", () => viewer.shown.bytes === 2 * STREAM_WINDOW);
  viewer.leave();
  await until("the stream is closed", () => agent.heard("close-stream").length > 0);
});

test("whoever may look on no longer is out, and what was opened ends where it must not stay", async () => {
  const { a, connect, watch, streamOf } = await world();
  const agent = await connect(a);
  const viewer = await watch();
  const streamId = await streamOf(agent);
  await agent.says({ type: "stream-control", streamId, message: { type: "ready", offset: 0, lost: 0 } });
  await until("it is ready", () => viewer.frames.length > 0);
  viewer.expel(true);
  await until("it is closed", () => viewer.closed.length > 0);
  expect(viewer.closed).toEqual([4104]);
  expect(agent.heard("stream-control").at(-1)).toMatchObject({ message: { type: "end" } });
});

test("a log is read through another control plane no faster than its reader reads, and ends as it does", async () => {
  const { a, b, serverId, connect, streamOf } = await world();
  const input = { appId: "app_01m7zzzzzzzzzzzzzzzzzzzzzz", name: "blog", tail: 1, follow: true } as never;
  await expect(b.membership.rooms.open(serverId, "logs", input)).rejects.toMatchObject({ code: "SERVER_AWAY" });
  const agent = await connect(a);
  const reader = (await b.membership.rooms.open(serverId, "logs", input)).getReader();
  const streamId = await streamOf(agent);
  const credit = () => agent.heard("credit").reduce((sum, { bytes }) => sum + (bytes as number), STREAM_WINDOW);
  let sent = 0;
  for (let turn = 0; turn < 20; turn++, await soon(10))
    for (; sent + 65_536 <= credit(); sent += 65_536) agent.output(streamId, new Uint8Array(65_536));
  expect(sent).toBeLessThanOrEqual(4 * STREAM_WINDOW);
  let read = 0;
  while (read < sent) read += (await reader.read()).value!.length;
  await agent.says({ type: "stream-closed", streamId, error: "The app is gone." });
  await expect(reader.read()).rejects.toThrow("The app is gone.");

  const second = (await b.membership.rooms.open(serverId, "logs", input)).getReader();
  await until("another is opened", () => agent.heard("open-stream").length === 2);
  await second.cancel();
  await until("it is closed", () => agent.heard("close-stream").length > 0);
});

const sample = {
  at: 1,
  cpuPercent: 1,
  load1: 0,
  memoryUsedBytes: 1,
  memoryTotalBytes: 2,
  diskUsedBytes: 1,
  diskTotalBytes: 2,
  uptimeSeconds: 1,
  containersRunning: 0,
};

test("an agent has one link: a newer one elsewhere closes the older, and a copy of its key is known while it answers", async () => {
  const { a, b, connect, presence, timeline } = await world();
  const first = await connect(a, { answers: true });
  const copy = await connect(b);
  expect(copy.closed).toEqual([4011]);
  expect(await timeline()).toContain("copied");
  expect(first.closed).toEqual([]);

  const silent = await connect(b, { answers: true }).then(async (refused) => (expect(refused.closed).toEqual([4011]), first));
  await silent.leave();
  await connect(b);
  expect(await presence()).toMatchObject({ presence: "up", linked: true });
  const third = await connect(a);
  expect(third.closed).toEqual([]);
  expect([a.membership.local.links().length, b.membership.local.links().length]).toEqual([1, 0]);
  // That the older one has ended is no loss of the server's.
  await soon(100);
  expect(await presence()).toMatchObject({ presence: "up", linked: true });
});

test("who stops gives back what it held at once; who dies is found out by its lease, and nobody else's links are touched", async () => {
  const { a, b, master, connect, presence, timeline, askB, serverId } = await world();
  await connect(a);
  const third = await controlPlane(master);
  expect(await presence()).toMatchObject({ presence: "up", linked: true });
  a.services.servers.freeze();
  await a.membership.stop();
  const seen = async () => (await askB(`/api/v1/servers/${serverId}`)).data;
  expect(await seen()).toMatchObject({ presence: "up", linked: false });
  expect((await timeline())[0]).toBe("control-plane-restarted");
  await connect(b);
  expect(await seen()).toMatchObject({ presence: "up", linked: true });

  await third.services.servers.leases.takeOver();
  expect(await seen()).toMatchObject({ linked: true });
  await b.die();
  await third.services.servers.leases.takeOver();
  expect((await asker(third.app)("/api/health")).status).toBe(200);
  const standing = async () => (await third.services.servers.view(serverId)) as { presence: string; linked: boolean };
  expect(await standing()).toMatchObject({ linked: true });
  await third.database.run(sql`update leases set until = 1 where id = ${b.membership.holder!}`);
  const before = (await timeline()).length;
  await Promise.all([third.services.servers.leases.takeOver(), a.services.servers.leases.takeOver()]);
  expect(await standing()).toMatchObject({ presence: "up", linked: false });
  expect((await timeline()).length).toBe(before + 1);
  // It was not dead after all: it finds out, and has its agents come anew.
  expect(await b.services.servers.leases.renew()).toBe(false);
  expect(await b.services.servers.leases.renew()).toBe(true);
});

test("a server that is removed at one control plane is shut out at the other, also where that was not heard", async () => {
  const { a, b, askB, serverId, connect } = await world();
  const agent = await connect(a);
  const unproven = { closed: 0 };
  await a.membership.local.join(serverId, { send: () => {}, sendBytes: () => {}, close: (code) => void (unproven.closed = code) }).joined;
  expect(b.membership.local.links()).toEqual([]);
  expect((await askB(`/api/v1/servers/${serverId}`, { method: "DELETE" })).status).toBe(200);
  await until("it is shut out", () => agent.closed.length > 0, 5_000);
  expect([agent.closed, unproven.closed]).toEqual([[4003], 4003]);

  const other = await world();
  const unheard = await other.connect(other.a);
  expect(await other.a.services.servers.leases.held()).toMatchObject([{ serverId: other.serverId, epoch: 1 }]);
  await other.b.database.run(sql`update links set holder = null where serverId = ${other.serverId}`);
  await until("it finds out itself", () => unheard.closed.length > 0, 15_000);
});

test("what only time makes news is told once, however many look", async () => {
  const { a, b, connect, serverId, timeline } = await world();
  const agent = await connect(a);
  await agent.leave();
  await a.database.run(sql`update servers set awayAt = 1, tellAt = 1 where id = ${serverId}`);
  await Promise.all([a, b, a, b].map(({ services }) => services.servers.tellTime()));
  expect((await timeline()).filter((what) => what === "lost")).toHaveLength(1);
});
