import { expect, test } from "vitest";
import { fakeMachine } from "./machine/fake-machine.ts";
import { runJob } from "./run-job.ts";
import { voice } from "./voice.ts";

function context(stop = new AbortController()) {
  const { machine } = fakeMachine();
  return { machine, say: voice(() => {}), signal: stop.signal, attempt: 1 };
}

test("an input that does not fit fails the job, not the agent", async () => {
  expect(await runJob("start-app", { appId: 5 }, context())).toMatchObject({ outcome: "failed", error: { code: "INTERNAL" } });
});

test("a job canceled before its turn does nothing", async () => {
  const stop = new AbortController();
  stop.abort("canceled");
  expect(await runJob("start-app", { appId: "app_1", name: "blog" }, context(stop))).toEqual({ outcome: "canceled" });
});

test("an error says no more than fits, whatever a program said", async () => {
  const told = context();
  told.machine.engine.ping = () => Promise.reject(new Error("x".repeat(100_000)));
  told.machine.dockerProblem = async () => "y".repeat(100_000);
  const { error } = await runJob("start-app", { appId: "app_1", name: "blog" }, told);
  expect(error!.message.length).toBeLessThanOrEqual(4_000);
});
