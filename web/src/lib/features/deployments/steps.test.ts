import type { Entry } from "@appos/shared/jobs";
import { expect, test } from "vitest";
import { stepsOf, stepToOpen } from "./steps.ts";

const running = { status: "running", endedAt: null, error: null } as const;
const told = (...said: [step: string, stream: Entry["stream"], text: string][]): Entry[] =>
  said.map(([step, stream, text], i) => ({ seq: i + 1, at: (i + 1) * 100, step, stream, text }));
const states = (steps: ReturnType<typeof stepsOf>) => Object.fromEntries(steps.map(({ name, state }) => [name, state]));

test("before anything is said, every step waits, and restore is not among them", () => {
  const steps = stepsOf([], { ...running, status: "pending" });
  expect(states(steps)).toEqual({ check: "waiting", resolve: "waiting", pull: "waiting", start: "waiting", health: "waiting" });
  expect(stepToOpen(steps, running)).toBeUndefined();
});

test("each entry is beneath its step, and steps know how long they took", () => {
  const steps = stepsOf(
    told(["check", "step", "started"], ["check", "note", "Docker 28"], ["check", "step", "succeeded"], ["pull", "step", "started"]),
    running,
  );
  expect(steps[0]).toMatchObject({ state: "succeeded", startedAt: 100, endedAt: 300, entries: [{ text: "Docker 28" }] });
  expect(stepToOpen(steps, running)).toBe("pull");
});

test("after a failure the step to blame is open, and what was put back is told", () => {
  const entries = told(
    ["health", "step", "started"],
    ["health", "step", "failed"],
    ["restore", "step", "started"],
    ["restore", "step", "succeeded"],
  );
  const failed = {
    status: "failed",
    endedAt: 900,
    error: { code: "UNHEALTHY", message: "web never became healthy", details: { step: "health" } },
  } as const;
  const steps = stepsOf(entries, failed);
  expect(states(steps)).toMatchObject({ health: "failed", restore: "succeeded" });
  expect(stepToOpen(steps, failed)).toBe("health");
});

test("a step does not run on after its deployment has ended", () => {
  const entries = told(["pull", "step", "started"]);
  expect(stepsOf(entries, { ...running, status: "canceled", endedAt: 500 })[2]).toMatchObject({ state: "canceled", endedAt: 500 });
  expect(stepsOf(entries, { status: "failed", endedAt: 500, error: { code: "INTERRUPTED", message: "" } })[2]).toMatchObject({
    state: "failed",
  });
});

test("a job that was cut off begins its steps anew", () => {
  const entries = told(["check", "step", "started"], ["check", "step", "succeeded"], ["check", "step", "started"], ["odd", "stdout", "?"]);
  expect(stepsOf(entries, running)[0]).toMatchObject({ state: "running", startedAt: 300, endedAt: null, entries: [{ text: "?" }] });
});
