import { execFile, spawn, type StdioOptions } from "node:child_process";
import { promisify } from "node:util";
import { atEnd } from "./ends.ts";

interface Options {
  env?: Record<string, string>;
  cwd?: string;
  /** What the program believes it was called as. */
  argv0?: string;
  /** It sends messages to us. */
  talks?: boolean;
  /** It may have so many files and sockets open; root gives it that, others have what they have. */
  files?: number;
}

/** Nothing of our own environment, but where programs are. */
const cleanEnv = (more: Options["env"] = {}) => ({ PATH: process.env["PATH"], HOME: process.env["HOME"], LANG: "C.UTF-8", ...more });

export type Program = ReturnType<typeof start>;

/** Starts a program in a process group of its own, which ends with the measurement. */
export function start(command: string, args: string[], { env, cwd, argv0, talks, files }: Options = {}) {
  const stdio: StdioOptions = ["ignore", "pipe", "pipe", ...(talks ? (["ipc"] as const) : [])];
  const raised = files !== undefined && process.getuid?.() === 0;
  const [program, its] = raised ? ["prlimit", [`--nofile=${files}:${files}`, command, ...args]] : [command, args];
  const child = spawn(program, its, { env: cleanEnv(env), cwd, argv0, detached: true, stdio });
  let output = "";
  const heard = new Set<() => void>();
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-100_000);
    heard.forEach((look) => look());
  };
  child.stdout!.on("data", keep);
  child.stderr!.on("data", keep);
  const ended = new Promise<void>((resolve) => {
    child.on("error", (error) => resolve(keep(Buffer.from(error.message))));
    child.on("exit", () => resolve());
  });
  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // It has ended.
    }
  };
  atEnd(() => signalGroup("SIGKILL"));

  return {
    pid: child.pid ?? 0,
    child,
    ended,
    output: () => output,
    /** Resolves as soon as it has said so. */
    says: (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const look = () => pattern.test(output) && heard.delete(look) && resolve();
        heard.add(look);
        void ended.then(() => reject(new Error(`${command} ended and said: ${output}`)));
        look();
      }),
    /** Ends it as its user would; resolves when it has. */
    async stop(signal: NodeJS.Signals = "SIGTERM") {
      child.kill(signal);
      await ended;
    },
    signalGroup,
  };
}

/** Runs a program to its end and gives back what it said. */
export async function run(command: string, args: string[], { env, cwd }: Options = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { env: cleanEnv(env), cwd, maxBuffer: 1 << 26 });
  return stdout.trim();
}
