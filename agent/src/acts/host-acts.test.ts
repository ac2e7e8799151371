import type { AgentFrame } from "@appos/shared/agent-link";
import { expect, test } from "vitest";
import { fakeDisk } from "../machine/fake-disk.ts";
import { fakeMachine } from "../machine/fake-machine.ts";
import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";
import { lanes } from "../lanes.ts";
import { openActLog } from "./act-log.ts";
import { actReport } from "./act-report.ts";
import { type ActOrder, hostActs } from "./host-acts.ts";

/** A server in memory, on which release 2 of the app blog runs, after release 1. */
async function world(disk = fakeDisk(), lastJob = 7) {
  const server = fakeMachine();
  server.images = new Set(["nginx:1", "nginx:2"]);
  for (const release of [1, 2]) {
    const input = { appId: "app_blog", name: "blog", release, compose: `services: {web: {image: "nginx:${release}"}}`, env: [] };
    await runJob("deploy-app", input, { machine: server.machine, say: voice(() => {}), signal: new AbortController().signal, attempt: 1 });
  }
  let ids = 0;
  async function start() {
    const { inLane } = lanes(3);
    const log = await openActLog(disk.mount());
    const report = actReport(log, () => server.machine.now());
    const newId = () => `hact_${++ids}`;
    const acts = hostActs({
      machine: server.machine,
      log,
      inLane,
      lastJob: () => lastJob,
      newId,
      timer: () => () => {},
      onEnd: report.ended,
    });
    return { log, report, acts };
  }
  const said: string[] = [];
  const speak = () => voice(({ step, stream, text }) => void said.push(stream === "step" ? `${step} ${text}` : text));
  const agent = await start();
  const act = (order: ActOrder, stop = new AbortController()) => agent.acts.carryOut(order, { say: speak(), stop });
  const running = () => server.containers.map(({ status }) => `${status.image} ${status.state}`);
  return { server, disk, start, said, speak, running, act, ...agent };
}

/** Stands for the control plane: what it was told, frame by frame. */
function listener() {
  const told: Extract<AgentFrame, { type: "host-acts" }>["acts"][] = [];
  return { told, send: (frame: AgentFrame) => void (frame.type === "host-acts" && told.push(frame.acts)) };
}

test("an app that is not here is named, with those that are", async () => {
  const { act, log } = await world();
  expect(await act({ kind: "stop-app", name: "shop" })).toMatchObject({
    outcome: "failed",
    error: { code: "NOT_DEPLOYED", message: "There is no app shop on this server. There is: blog." },
  });
  expect(await act({ kind: "stop-app", name: "../../etc" })).toMatchObject({ outcome: "failed" });
  expect(log.all()).toEqual([]);
});

test("an app is stopped and started whatever the policy says", async () => {
  const { act, server, running } = await world();
  server.policy = "jobs: {deny: [stop-app]}";
  expect(await act({ kind: "stop-app", name: "blog" })).toMatchObject({ outcome: "succeeded" });
  expect(running()).toEqual(["nginx:2 exited"]);
  server.policy = "{";
  expect(await act({ kind: "start-app", name: "blog" })).toMatchObject({ outcome: "succeeded" });
  expect(running()).toEqual(["nginx:2 running"]);
});

test("a rollback goes to the release before, and can be taken back by number", async () => {
  const { act, running } = await world();
  expect(await act({ kind: "rollback-app", name: "blog" })).toMatchObject({ outcome: "succeeded", result: { release: 1 } });
  expect(running()).toEqual(["nginx:1 running"]);
  expect(await act({ kind: "rollback-app", name: "blog" })).toMatchObject({
    error: { message: "There is no release before 1 on this server. Kept here: 2." },
  });
  expect(await act({ kind: "rollback-app", name: "blog", release: 2 })).toMatchObject({ outcome: "succeeded" });
  expect(running()).toEqual(["nginx:2 running"]);
  expect(await act({ kind: "rollback-app", name: "blog", release: 9 })).toMatchObject({ error: { code: "NOT_DEPLOYED" } });
});

test("a rollback runs the image that ran then, though its name means another by now", async () => {
  const { act, running, server } = await world();
  const images = server.machine.engine.images;
  server.machine.engine.images = async (names) => {
    const found = await images(names);
    if (found.has("nginx:1")) found.set("nginx:1", { id: "sha256:new", digest: "sha256:new", digests: ["sha256:new"] });
    return found;
  };
  server.images.add("nginx@sha256:nginx:1");
  server.machine.engine.images = ((inner) => async (names) => {
    const found = await inner(names);
    if (names.includes("nginx@sha256:nginx:1"))
      found.set("nginx@sha256:nginx:1", { id: "x", digest: "sha256:nginx:1", digests: ["sha256:nginx:1"] });
    return found;
  })(server.machine.engine.images);
  expect(await act({ kind: "rollback-app", name: "blog" })).toMatchObject({ outcome: "succeeded" });
  expect(running()).toEqual(["nginx@sha256:nginx:1 running"]);
});

test("a rollback that does not come up puts back what ran, and is told as failed with what is live", async () => {
  const { act, server, running, report } = await world();
  const { told, send } = listener();
  report.connected(send);
  server.onStart = ({ status }) => void (status.image === "nginx:1" && Object.assign(status, { state: "exited", exitCode: 1 }));
  expect(await act({ kind: "rollback-app", name: "blog" })).toMatchObject({ outcome: "failed", error: { code: "UNHEALTHY" } });
  expect(running()).toEqual(["nginx:2 running"]);
  expect(told).toMatchObject([[{ kind: "rollback-app", outcome: "failed", release: 2, error: { code: "UNHEALTHY" } }]]);
});

test("what was done while nobody listened is told once somebody does, until it is kept, and then no more", async () => {
  const { act, report, disk, start } = await world();
  await act({ kind: "stop-app", name: "blog" });
  await act({ kind: "start-app", name: "blog" });
  const first = listener();
  report.connected(first.send);
  expect(first.told).toMatchObject([[{ kind: "stop-app", appId: "app_blog", afterJob: 7, release: 2 }, { kind: "start-app" }]]);
  report.disconnected();

  disk.cutPower();
  const again = await start();
  const second = listener();
  again.report.connected(second.send);
  expect(second.told).toMatchObject(first.told);
  await again.report.kept(["hact_1"]);
  await again.report.kept(["hact_2", "hact_unknown"]);
  const third = listener();
  again.report.connected(third.send);
  expect(third.told).toEqual([]);
  expect(disk.text("acts.jsonl")).toBe("");
});

test("an act that was cut off in the middle is told as interrupted, with what is live then", async () => {
  const { disk, start, act, server, speak } = await world();
  const cut = Promise.withResolvers<void>();
  server.onRun = () => (cut.resolve(), new Promise<void>(() => {}));
  void act({ kind: "stop-app", name: "blog" });
  await cut.promise;
  disk.cutPower();
  server.onRun = () => {};

  const again = await start();
  await again.acts.settleInterrupted();
  const { told, send } = listener();
  again.report.connected(send);
  expect(told).toMatchObject([[{ id: "hact_1", outcome: "interrupted", release: 2, error: { code: "INTERRUPTED" } }]]);
  await again.acts.settleInterrupted();
  expect(again.log.all()).toHaveLength(1);
  expect(await again.acts.carryOut({ kind: "start-app", name: "blog" }, { say: speak(), stop: new AbortController() })).toMatchObject({
    outcome: "succeeded",
  });
});

test("a power cut at any write neither loses a report that was promised nor doubles one", async () => {
  for (let cutAt = 1; cutAt <= 12; cutAt++) {
    let writes = 0;
    let power = true;
    const disk = fakeDisk(() => {
      if (++writes >= cutAt) power = false;
      if (!power) throw Object.assign(new Error("EIO"), { code: "EIO" });
    });
    const { act, report, start, said } = await world(disk);
    const { told, send } = listener();
    report.connected(send);
    await act({ kind: "stop-app", name: "blog" });
    disk.cutPower();
    power = true;
    writes = -1_000;
    const again = await start();
    await again.acts.settleInterrupted();
    const after = listener();
    again.report.connected(after.send);
    const ids = [...told, ...after.told].flat().map(({ id }) => id);
    expect(new Set(ids).size).toBeLessThanOrEqual(1);
    const promised = !said.some((text) => text.startsWith("This cannot be written down"));
    if (promised) expect(ids.length).toBeGreaterThan(0);
  }
});

test("on a full disk an app can still be stopped, and that is told once there is space again", async () => {
  let full = true;
  const disk = fakeDisk((does) => {
    if (full && does === "append") throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
  });
  const { act, said, report, server } = await world(disk);
  server.onRun = () => void (full = false);
  expect(await act({ kind: "stop-app", name: "blog" })).toMatchObject({ outcome: "succeeded" });
  expect(said).toContain("This cannot be written down on this server's disk: the control plane may never hear of it.");
  const { told, send } = listener();
  report.connected(send);
  expect(told).toMatchObject([[{ kind: "stop-app", outcome: "succeeded" }]]);
});

test("where no job of an app is known any more, its act says so, also after a power cut", async () => {
  const { act, disk, start } = await world(fakeDisk(), 0);
  await act({ kind: "stop-app", name: "blog" });
  disk.cutPower();
  const { report } = await start();
  const { told, send } = listener();
  report.connected(send);
  expect(told).toMatchObject([[{ kind: "stop-app", afterJob: null }]]);
});

test("an act waits for the job of the same app that came before", async () => {
  const { start, server, speak, running } = await world();
  const { inLane } = lanes(3);
  const jobEnds = Promise.withResolvers<void>();
  const log = (await start()).log;
  const acts = hostActs({ machine: server.machine, log, inLane, lastJob: () => 1, newId: () => "hact_w", timer: () => () => {} });
  void inLane("app:app_blog", () => jobEnds.promise);
  const ended = acts.carryOut({ kind: "stop-app", name: "blog" }, { say: speak(), stop: new AbortController() });
  await new Promise((later) => setTimeout(later, 20));
  expect(running()).toEqual(["nginx:2 running"]);
  jobEnds.resolve();
  await ended;
  expect(running()).toEqual(["nginx:2 exited"]);
});

test("an act waits for no other app's jobs, however many run", async () => {
  const { start, server, speak, running } = await world();
  const { inLane } = lanes(2);
  for (const lane of ["app:1", "app:2", "app:3"]) void inLane(lane, () => new Promise<void>(() => {}));
  const acts = hostActs({
    machine: server.machine,
    log: (await start()).log,
    inLane,
    lastJob: () => 1,
    newId: () => "hact_w",
    timer: () => () => {},
  });
  await acts.carryOut({ kind: "stop-app", name: "blog" }, { say: speak(), stop: new AbortController() });
  expect(running()).toEqual(["nginx:2 exited"]);
});
