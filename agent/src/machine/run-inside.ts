import { setTimeout as sleep } from "node:timers/promises";
import type { Duplex } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import type Docker from "dockerode";
import { inTime } from "./docker-client.ts";
import { lineSplitter } from "./lines.ts";
import { CommandFailed } from "./machine.ts";

/** Of what it says. */
const LINES = 200;
const VERDICT_MS = 2_000;

/** Runs a program in a running container to its end. Rejects with CommandFailed where it does not exit with 0, or not in time. */
export async function runInside(
  docker: Docker,
  containerId: string,
  [program, ...args]: readonly [string, ...string[]],
  timeoutMs: number,
) {
  const options = { Cmd: [program, ...args], AttachStdout: true, AttachStderr: true, Tty: true };
  const exec = await inTime(docker.getContainer(containerId).exec(options));
  const stream: Duplex = await inTime(exec.start({ hijack: true, stdin: false, Tty: true }));
  const lines: string[] = [];
  const splitter = lineSplitter((line) => {
    lines.push(stripVTControlCharacters(line));
    if (lines.length > LINES) lines.shift();
  });
  stream.on("data", (bytes: Buffer) => splitter.push(bytes));
  const late = setTimeout(
    () => stream.destroy(new CommandFailed(`${program} took longer than ${timeoutMs / 1_000} s`, null, lines)),
    timeoutMs,
  );
  try {
    await new Promise<void>((resolve, reject) => stream.on("end", resolve).on("close", resolve).on("error", reject));
  } finally {
    clearTimeout(late);
  }
  splitter.end();
  const ExitCode = await exitCode(exec);
  if (ExitCode !== 0) throw new CommandFailed(`${program} ended with exit code ${ExitCode}`, ExitCode, lines);
  return lines;
}

/** Docker may take a moment to know it; null where it does not come to know. */
async function exitCode(exec: Docker.Exec): Promise<number | null> {
  for (const deadline = performance.now() + VERDICT_MS; performance.now() < deadline; await sleep(20)) {
    const seen = await inTime(exec.inspect());
    if (!seen.Running) return seen.ExitCode;
  }
  return null;
}
