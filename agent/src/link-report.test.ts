import { expect, test } from "vitest";
import { linkMemory } from "./link-report.ts";

const run = { life: "a", boot: "b" };

function memory() {
  let time = 1_000;
  return { ...linkMemory(run, () => time), pass: (ms: number) => void (time += ms) };
}

test("an agent that has just started had no link before", () => {
  const { up, down } = memory();
  down("connect ECONNREFUSED");
  expect(up()).toEqual({ ...run, last: null });
});

test("it says why its link had ended, how long ago by its own clock, and how often it could not be opened since", () => {
  const { up, down, pass } = memory();
  up();
  down("The control plane has not answered for a while");
  pass(4_000.4);
  down("connect ECONNREFUSED");
  down("connect ETIMEDOUT");
  pass(1_000);
  expect(up().last).toEqual({ why: "The control plane has not answered for a while", sinceMs: 5_000, attempts: 2 });
});

test("what was said once is not said of the next link, and no reason is longer than its frame allows", () => {
  const { up, down } = memory();
  up();
  down("x".repeat(1_000));
  expect(up().last?.why).toHaveLength(300);
  down("Connection reset");
  expect(up().last?.why).toBe("Connection reset");
});
