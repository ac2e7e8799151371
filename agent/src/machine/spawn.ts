import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandFailed } from "./machine.ts";
import { lineSplitter } from "./lines.ts";

export interface SpawnOptions {
  env: Record<string, string>;
  cwd?: string;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
  /** How long it may take to end by itself once it was asked to. */
  patienceMs?: number;
  /** An answer is waited for before more is read. */
  onLine?: ((stream: "stdout" | "stderr", text: string) => Promise<void> | undefined | void) | undefined;
  /** Takes standard output as it is, instead of line by line. */
  onOutput?: (bytes: Buffer) => void;
}

const REMEMBERED = 20;
const PATIENCE_MS = 10_000;

/**
 * The only place where a program is started: with an argument list, an environment of its own and a process group of its own,
 * all of which is gone when this settles.
 */
export async function runProgram(program: string, args: readonly string[], options: SpawnOptions): Promise<void> {
  options.signal?.throwIfAborted();
  const child = spawn(program, args, { cwd: options.cwd ?? "/", env: options.env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const name = program.slice(program.lastIndexOf("/") + 1);
  const last: string[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    const lines = lineSplitter((text) => {
      last.push(text);
      if (last.length > REMEMBERED) last.shift();
      const waits = options.onLine?.(stream, text);
      if (!waits) return;
      child[stream]!.pause();
      void waits.finally(() => child[stream]!.resume());
    });
    const raw = stream === "stdout" ? options.onOutput : undefined;
    child[stream]!.on("data", raw ?? lines.push).on("end", lines.end);
  }

  const ended = exitOf(child).catch((error: Error) => {
    throw new CommandFailed(`${name} could not be started: ${error.message}`, null, last);
  });
  const limit = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
  const stop = AbortSignal.any([options.signal, limit].filter((signal) => signal !== undefined));
  const stopped = new Promise<"stopped">((resolve) => stop.addEventListener("abort", () => resolve("stopped"), { once: true }));

  const first = await Promise.race([ended, stopped]);
  await endGroup(child, ended, first === "stopped" ? "SIGTERM" : "SIGKILL", options.patienceMs ?? PATIENCE_MS);
  const end = await ended;
  if (first === "stopped") options.signal?.throwIfAborted();
  if (first === "stopped") throw new CommandFailed(`${name} did not finish within ${options.timeoutMs! / 1_000} s`, null, last);
  if (end.code !== 0)
    throw new CommandFailed(`${name} ended with ${end.code === null ? end.signal : `exit code ${end.code}`}`, end.code, last);
}

interface Exit {
  code: number | null;
  signal: string | null;
}

/** Its end, once its output was read. What something else still holds open is not waited for. */
function exitOf(child: ChildProcess) {
  return new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
    child.once("exit", () => {
      const late = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream?.destroy()), 1_000);
      child.once("close", () => clearTimeout(late));
    });
  });
}

async function endGroup(child: ChildProcess, ended: Promise<unknown>, signal: "SIGTERM" | "SIGKILL", patienceMs: number) {
  if (child.pid === undefined || !signalGroup(child.pid, signal)) return;
  const over = ended.catch(() => undefined);
  const deadline = performance.now() + patienceMs;
  while (await groupLives(child.pid)) {
    if (performance.now() > deadline) signalGroup(child.pid, "SIGKILL");
    await Promise.race([sleep(20), over.then(() => sleep(2))]);
  }
}

/** False when nobody is left in it. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0) {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** Who has ended, and only waits to be counted by its parent, does no more harm. */
async function groupLives(group: number) {
  if (!signalGroup(group, 0)) return false;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const members = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return members.some((stat) => {
    // The name, in brackets, may hold anything.
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(pgrp) === group && state !== "Z" && state !== "X";
  });
}
