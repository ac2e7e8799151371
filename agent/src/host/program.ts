import { spawn } from "node:child_process";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Runs a program of this machine to its end, without input, and answers what it said. */
export function program(command: string, args: string[], env: Record<string, string> = {}): Promise<{ code: number; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; output: string }>();
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, LC_ALL: "C", ...env },
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.on("error", (error) => resolve({ code: 127, output: error.message }));
  // A program that goes on in the background may keep our pipes: what counts is that this one ended.
  child.on("exit", (code) => setImmediate(() => resolve({ code: code ?? 1, output })));
  return promise;
}
