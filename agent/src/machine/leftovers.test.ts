import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endPrograms, markOf } from "./leftovers.ts";

const sleeper = (env: Record<string, string>) =>
  spawn("sleep", ["60"], { env: { PATH: process.env["PATH"] ?? "", ...env }, detached: true });
const running = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;

test("what an agent started is ended, with what that started; another agent's programs go on", async () => {
  const [mine, theirs] = [await mkdtemp(join(tmpdir(), "mine-")), await mkdtemp(join(tmpdir(), "theirs-"))];
  const [ours, others] = [sleeper(markOf(mine)), sleeper(markOf(theirs))];
  await Promise.all([once(ours, "spawn"), once(others, "spawn")]);
  const ended = once(ours, "exit");
  await endPrograms(mine);
  await ended;
  expect(running(others)).toBe(true);
  others.kill("SIGKILL");
});
