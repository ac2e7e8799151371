import { existsSync, mkdirSync, mkdtempSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openActLog } from "../acts/act-log.ts";
import { hostActs } from "../acts/host-acts.ts";
import { lanes } from "../lanes.ts";
import { createLog } from "../log.ts";
import { fakeDisk } from "../machine/fake-disk.ts";
import { fakeMachine } from "../machine/fake-machine.ts";
import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";
import { openAgentSocket } from "./agent-socket.ts";
import { runningAgent } from "./ask-agent.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** A running agent with the app blog, and whoever asks it. */
async function world(deep = "") {
  const folder = join(mkdtempSync(join(tmpdir(), "appos-socket-")), deep);
  mkdirSync(folder, { recursive: true });
  const files = { socket: join(folder, "agent.sock"), lock: join(folder, "agent.pid") };
  const server = fakeMachine();
  server.images.add("nginx:1");
  const input = { appId: "app_blog", name: "blog", release: 1, compose: "services: {web: {image: nginx:1}}", env: [] };
  await runJob("deploy-app", input, { machine: server.machine, say: voice(() => {}), signal: new AbortController().signal, attempt: 1 });
  const log = await openActLog(fakeDisk().mount());
  let ids = 0;
  const { inLane } = lanes(3);
  const newId = () => `hact_${++ids}`;
  const acts = hostActs({ machine: server.machine, log, inLane, lastJob: () => 0, newId, timer: () => () => {} });
  const quiet = createLog({ format: "json", level: "error", now: Date.now, write: () => {} });
  const job = { id: "job_1", kind: "deploy-app", app: "blog", by: "ada@example.org", state: "running" as const, since: 5 };
  const close = await openAgentSocket({ path: files.socket, acts, jobs: () => [job], log: quiet });
  closing.push(close);
  const ask = async () => (await runningAgent({ files } as never))!;
  return { files, server, acts, log, close, ask, job };
}
const hearing = (notes: string[] = [], signal = new AbortController().signal) => ({
  signal,
  onEntry: ({ text }: { text: string }) => void notes.push(text),
});

/** Says something to the socket that no program of ours would, and gives back what it answers. */
const blurt = (path: string, text: string) =>
  new Promise<string>((done) => {
    let heard = "";
    const socket = connect(path, () => socket.write(text));
    socket.setEncoding("utf8").on("data", (piece: string) => (heard += piece));
    socket.on("error", () => {});
    socket.on("close", () => done(heard));
  });

test("nobody but its owner can open the socket", async () => {
  const { files } = await world();
  expect(statSync(files.socket).mode & 0o777).toBe(0o600);
});

test.each(["{}", "no json", '{"act":"remove-app","name":"blog"}', '{"act":"stop-app","name":"../x"}', '{"ask":"jobs","more":1}'])(
  "%s is no question",
  async (text) => {
    const { files, server } = await world();
    expect(await blurt(files.socket, `${text}\n`)).toContain("refused");
    expect(server.containers[0]!.status.state).toBe("running");
  },
);

test("a line without end is not listened to for ever", async () => {
  const { files, ask } = await world();
  expect(await blurt(files.socket, "x".repeat(1_100_000))).toBe("");
  expect(await (await ask()).jobs()).toHaveLength(1);
});

test("what runs is told, and what is asked for is done", async () => {
  const { ask, job, server } = await world();
  const agent = await ask();
  expect(await agent.jobs()).toEqual([job]);
  const said: string[] = [];
  expect(await agent.carryOut({ kind: "stop-app", name: "blog" }, hearing(said))).toMatchObject({ outcome: "succeeded" });
  expect(said).toContain("succeeded");
  expect(server.containers[0]!.status.state).toBe("exited");
  expect(await agent.carryOut({ kind: "stop-app", name: "shop" }, hearing())).toMatchObject({ error: { code: "NOT_DEPLOYED" } });
});

test("who asked may leave: what was asked for goes on, and is written down", async () => {
  const { files, server, log } = await world();
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  server.onRun = () => (begun.resolve(), go.promise);
  const socket = connect(files.socket, () => socket.write('{"act":"stop-app","name":"blog"}\n'));
  await begun.promise;
  socket.destroy();
  await new Promise((later) => setTimeout(later, 20));
  go.resolve();
  await expect.poll(() => log.all()).toMatchObject([{ ended: { outcome: "succeeded" } }]);
});

test("who takes it back ends it", async () => {
  const { ask, server, log } = await world();
  const stop = new AbortController();
  server.onRun = () => void stop.abort();
  server.machine.run = (_, { signal } = {}) => {
    stop.abort();
    return new Promise((_done, failed) => signal!.addEventListener("abort", () => failed(signal!.reason as Error)));
  };
  expect(await (await ask()).carryOut({ kind: "stop-app", name: "blog" }, hearing([], stop.signal))).toMatchObject({ outcome: "canceled" });
  expect(log.all()).toMatchObject([{ ended: { outcome: "failed", error: { code: "INTERRUPTED" } } }]);
});

test("an agent that goes away in the middle is said to have; one that is not there is none", async () => {
  const { ask, server, close, files } = await world();
  const agent = await ask();
  const begun = Promise.withResolvers<void>();
  server.onRun = () => (begun.resolve(), new Promise(() => {}));
  const asked = agent.carryOut({ kind: "stop-app", name: "blog" }, hearing());
  await begun.promise;
  close();
  await expect(asked).rejects.toThrow("The agent went away in the middle.");
  expect(await runningAgent({ files } as never)).toBeUndefined();
});

test("an agent whose folder lies deep can be asked too", async () => {
  const { files, ask, close } = await world("a-folder-with-a-long-name/".repeat(6));
  expect(files.socket.length).toBeGreaterThan(150);
  expect(statSync(files.socket).mode & 0o777).toBe(0o600);
  expect(await (await ask()).jobs()).toHaveLength(1);
  close();
  expect(existsSync(files.socket)).toBe(false);
});
