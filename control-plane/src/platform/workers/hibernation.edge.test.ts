import { dataFrame, readDataFrame } from "@appos/shared/streams";
import { afterAll, beforeAll, expect, test } from "vitest";
import { edgeWorld, until } from "./edge-world.ts";

let it: Awaited<ReturnType<typeof edgeWorld>>;
beforeAll(async () => void (it = await edgeWorld()));
afterAll(() => it.end());

const utf8 = (text: string) => Buffer.from(text);
const compose = "services:\n  web:\n    image: appos-test/web:1\n";
const entry = (seq: number) => ({ seq, at: 1, step: "start", stream: "stdout", text: `line ${seq}` });

/** An app is created, and the agent of its server has accepted to deploy it. */
async function deploying(name: string) {
  const server = await it.server(`${name}-server`);
  const agent = await server.connect();
  await agent.hears("welcome");
  const { data } = await it.admin("apps", { name, serverId: server.id, source: { type: "compose", compose } });
  const offer = await agent.hears("offer");
  const jobId = offer["jobId"] as string;
  agent.says({ type: "accepted", jobId });
  const status = async () => (await it.admin(`deployments/${data.deployment.id}`)).data.status as string;
  await until("it runs", async () => (await status()) === "running");
  return { server, agent, jobId, status, id: data.deployment.id as string };
}

test("a room that is put to sleep in the middle of a deployment loses nothing of it", async () => {
  const { server, agent, jobId, status, id } = await deploying("asleep");
  agent.says({ type: "output", jobId, entries: [entry(1), entry(2)] });
  await agent.hears("ack");
  await server.evict();
  agent.says({ type: "output", jobId, entries: [entry(3)] });
  await agent.hears("ack", 2);
  await server.evict();
  agent.says({ type: "finished", jobId, outcome: "succeeded", lastSeq: 3 });
  expect(await agent.hears("forget")).toEqual({ type: "forget", jobId });
  expect(await status()).toBe("succeeded");
  const { data } = await it.admin(`deployments/${id}/logs`);
  expect(data.items.map(({ text }: { text: string }) => text)).toEqual(["line 1", "line 2", "line 3"]);
  expect(agent.heard("welcome")).toHaveLength(1);
  agent.socket.close();
});

test("one that is started anew, with every socket gone, goes on with the job where its agent stands", async () => {
  const { server, agent, jobId, status } = await deploying("anew");
  agent.says({ type: "output", jobId, entries: [entry(1)] });
  await agent.hears("ack");
  await server.evict("close");
  await agent.closed;
  const again = await server.connect({ jobs: [jobId] });
  expect(await again.hears("resend")).toEqual({ type: "resend", jobId, after: 1 });
  again.says({ type: "output", jobId, entries: [entry(2)] });
  again.says({ type: "finished", jobId, outcome: "succeeded", lastSeq: 2 });
  await again.hears("forget");
  expect(await status()).toBe("succeeded");
  expect(agent.heard("offer").length + again.heard("offer").length).toBe(1);
  again.socket.close();
});

test("a job is offered to a room that sleeps", async () => {
  const server = await it.server("sleeper");
  const agent = await server.connect();
  await agent.hears("welcome");
  await server.evict();
  await it.admin("apps", { name: "woken", serverId: server.id, source: { type: "compose", compose } });
  expect((await agent.hears("offer"))["kind"]).toBe("deploy-app");
  agent.socket.close();
});

test("a terminal goes on where it was when its room was put to sleep, also with what was typed and said meanwhile", async () => {
  const server = await it.server("typed");
  const agent = await server.connect();
  await agent.hears("welcome");
  const browser = await it.terminal(server.id);
  const first = await agent.hears("open-stream");
  const stream = (frame: typeof first) => frame["streamId"] as number;
  agent.says({ type: "stream-control", streamId: stream(first), message: { type: "ready", offset: 0, lost: 0 } });
  await browser.hears("ready");
  agent.socket.send(dataFrame(stream(first), utf8("$ ")));
  await until("the prompt is there", () => browser.output() === "$ ");

  await server.evict();
  browser.types("ls\n");
  const second = await agent.hears("open-stream", 2);
  expect(second["input"]).toMatchObject({ session: browser.session, resume: true, after: 2, cols: 80, rows: 24 });
  expect(stream(second)).not.toBe(stream(first));
  // What is said in the stream from before is not shown twice: its agent is told to close it.
  agent.socket.send(dataFrame(stream(first), utf8("a b")));
  agent.says({ type: "stream-control", streamId: stream(second), message: { type: "ready", offset: 2, lost: 0 } });
  agent.socket.send(dataFrame(stream(second), utf8("a b")));
  await until("its output is there", () => browser.output() === "$ a b");
  const typed = () => agent.bytes.map((frame) => Buffer.from(readDataFrame(frame)!.payload).toString()).join("");
  await until("what was typed has arrived", () => typed() === "ls\n");
  await agent.hears("close-stream");
  expect(browser.socket.readyState).toBe(browser.socket.OPEN);
  browser.socket.close();
  agent.socket.close();
});

test("heartbeats are answered while the room sleeps", async () => {
  const server = await it.server("idle");
  const agent = await server.connect();
  await agent.hears("welcome");
  await server.evict();
  const { length } = it.harness.getLogs();
  for (let i = 0; i < 5; i++) agent.socket.send("ping");
  await until("all are answered", () => agent.texts.filter((text) => text === "pong").length === 5);
  expect(it.harness.getLogs().slice(length)).toEqual([]);
  agent.socket.close();
});

test("a link that was given up, and whose end says nothing, is none after a sleep", async () => {
  const server = await it.server("half-open");
  const former = await server.connect();
  await former.hears("welcome");
  // Its network is gone: it hears of nothing any more, not even that it is closed.
  former.socket.pause();
  const later = await server.connect();
  await later.hears("welcome");
  await server.evict();
  later.socket.close();
  const { length } = await until("the loss is noticed", async () => {
    const { rows } = await it.client.execute({
      sql: "select 1 from servers where id = ? and disconnectedAt is not null",
      args: [server.id],
    });
    return rows.length > 0 && rows;
  });
  expect(length).toBe(1);
  expect((await it.admin(`servers/${server.id}/terminal`, {})).error?.code).toBe("SERVER_AWAY");
  former.socket.terminate();
});
