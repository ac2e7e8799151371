import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import type { Machine } from "./machine.ts";
import { findProgram } from "./programs.ts";

const world = engineWorld();
afterAll(world.end);
const { machine, deploy, run, containers } = world;
const temporary = /^[0-9a-f]{12}_/;

/** Takes its time to stop, so that Compose can be caught in the middle. */
const web = (
  word: string,
) => `services: {web: {image: "${BUSYBOX}", command: [sh, -c, "echo ${word}; exec sleep 600"], stop_grace_period: 1s, volumes: ["store:/store"]}}
volumes: {store: {}}`;

const deployCutOff = (release: number, word: string, moment: () => Promise<unknown>) =>
  cutOff(() => deploy("h2-k", release, web(word)), moment);

/** Carries out a job during which Compose, and with it the agent, is killed. */
async function cutOff(job: () => Promise<unknown>, moment: () => Promise<unknown>) {
  const real = machine.run;
  const never = new Promise<never>(() => {});
  let killed: () => void = () => {};
  const done = new Promise<void>((resolve) => (killed = resolve));
  (machine as { run: Machine["run"] }).run = async ([program, ...args]) => {
    const child = spawn(await findProgram(program), args, { stdio: "ignore", env: { PATH: process.env.PATH, HOME: "/nonexistent" } });
    const exit = once(child, "exit");
    await Promise.race([moment(), exit]);
    child.kill("SIGKILL");
    await exit;
    killed();
    return never;
  };
  void job();
  await done;
  (machine as { run: Machine["run"] }).run = real;
}

async function temporaryThere() {
  for (;;) if ((await containers("h2-k")).some(({ container }) => temporary.test(container))) return;
}

test("Compose killed while it puts one container in another's place: the next attempt puts things right", async () => {
  expect(await deploy("h2-k", 1, web("one"))).toMatchObject({ outcome: "succeeded" });
  await deployCutOff(2, "two", temporaryThere);
  expect((await containers("h2-k")).some(({ container }) => temporary.test(container))).toBe(true);

  expect(await deploy("h2-k", 2, web("two"), { attempt: 2 })).toMatchObject({ outcome: "succeeded" });
  expect((await containers("h2-k")).map(({ container, state }) => [container, state])).toEqual([["appos-h2-k-web-1", "running"]]);
});

test("killed at any moment, the next attempt ends in the release that was wanted", async () => {
  for (const [i, delay] of [50, 1_150, 1_250].entries()) {
    await deployCutOff(3 + i, `word ${i}`, () => sleep(delay));
    expect(await deploy("h2-k", 3 + i, web(`word ${i}`), { attempt: 2 })).toMatchObject({ outcome: "succeeded" });
    expect((await containers("h2-k")).map(({ container, state }) => [container, state])).toEqual([["appos-h2-k-web-1", "running"]]);
  }
});

test("killed, and then the release turns out to be bad: the one before is put back", async () => {
  const bad = `services: {web: {image: "${BUSYBOX}", command: ["false"]}}`;
  await deployCutOff(20, "half", temporaryThere);
  expect(await deploy("h2-k", 21, bad, { attempt: 2 })).toMatchObject({ error: { code: "UNHEALTHY", details: { restored: 5 } } });
  expect((await containers("h2-k")).map(({ container, state }) => [container, state])).toEqual([["appos-h2-k-web-1", "running"]]);
});

test("killed in the middle of a roll-back, the next attempt ends it; canceled meanwhile, what ran is put back", async () => {
  const back = (attempt: number, signal?: AbortSignal) =>
    run("rollback-app", { name: "h2-k", release: 1 }, { attempt, ...(signal && { signal }) });
  const word = async () => (await machine.engine.containers({ project: "appos-h2-k" })).map(({ configHash }) => configHash).join();
  await deploy("h2-k", 30, web("thirty"));
  const thirty = await word();
  await cutOff(() => back(1), temporaryThere);
  expect(await back(2, AbortSignal.abort("canceled"))).toMatchObject({ outcome: "canceled" });
  expect(await word()).toBe(thirty);

  await cutOff(() => back(1), temporaryThere);
  expect(await back(2)).toMatchObject({ outcome: "succeeded" });
  expect(await word()).not.toBe(thirty);
  expect((await containers("h2-k")).map(({ container, state }) => [container, state])).toEqual([["appos-h2-k-web-1", "running"]]);
});
