import { execFile, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { atEnd } from "./ends.ts";
import { Hopeless, until } from "./until.ts";

export interface Options {
  env?: Record<string, string | undefined>;
  cwd?: string;
}

/** Nothing of this process's own environment, but where programs are. */
export const cleanEnv = (more: Options["env"] = {}): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: "/root",
  LANG: "C.UTF-8",
  ...more,
});

export type Program = ReturnType<typeof start>;

/** Starts a program as the leader of a process group of its own, which is ended with the stories. */
export function start(command: string, args: string[], { env, cwd }: Options = {}) {
  const child = spawn(command, args, { env: cleanEnv(env), cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<number>((resolve) => {
    child.on("error", (error) => resolve((keep(Buffer.from(`${error.message}\n`)), 127)));
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 143)));
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  let over = false;
  void ended.then(() => (over = true));
  const program = {
    pid: child.pid ?? 0,
    ended,
    closed,
    isOver: () => over,
    output: () => output,
    /** The first match in what it says, now or later. Ends at once when the program does. */
    async says(pattern: RegExp, within = 20_000): Promise<RegExpExecArray> {
      return until(
        `${command} says ${pattern}`,
        () => {
          const found = pattern.exec(output);
          if (found) return found;
          if (over) throw new Hopeless(`${command} ended and said: ${output}`);
          return undefined;
        },
        within,
      ).catch((error: Error) => {
        throw new Error(`${error.message}\n--- it said:\n${output.slice(-4_000)}`, { cause: error });
      });
    },
    /** To the program alone. */
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    /** To its whole process group, as a terminal does on Ctrl-C. */
    signalGroup: (signal: NodeJS.Signals) => killGroup(program.pid, signal),
  };
  atEnd(() => killGroup(program.pid, "SIGKILL"));
  return program;
}

export function killGroup(pid: number, signal: NodeJS.Signals) {
  try {
    if (pid > 0) process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

export interface Told {
  code: number;
  /** Both outputs, as a terminal shows them. */
  output: string;
}

/** Runs a program to its end; fails with what it said when it is not content. */
export async function run(command: string, args: string[], options: Options = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { ...options, env: cleanEnv(options.env), maxBuffer: 1 << 26 });
  return stdout.trim();
}

/** Runs a program to its end, whatever that is. */
export async function attempt(command: string, args: string[], options: Options = {}): Promise<Told> {
  const program = start(command, args, options);
  const code = await program.ended;
  // What it left running in the background may keep its output open.
  await Promise.race([program.closed, sleep(1_000)]);
  return { code, output: program.output() };
}
