import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const dist = join(import.meta.dirname, "../../../../../dist/control-plane");
type Env = Record<string, string>;
const running = new Set<ChildProcess>();

const folders: string[] = [];

/** Ends what a test that failed has left running, and removes what all of them have left. */
export function endPrograms() {
  for (const child of running) child.kill("SIGKILL");
  for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

/** A program that was built, with nothing of this process's environment. */
function start(name: string, args: string[], env: Env) {
  const child = spawn(process.execPath, [join(dist, name), ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.on("close", () => running.delete(child));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, ended, output: () => output };
}

/** `appos-admin`, to its end. `begun` is given how to kill it. */
export async function admin(args: string[], env: Env, begun: (kill9: () => void) => void = () => {}) {
  const { child, ended, output } = start("admin.mjs", args, env);
  begun(() => child.kill("SIGKILL"));
  return { code: await ended, output: output() };
}

/** The control plane; resolves when it answers, or has ended. */
export async function controlPlane(env: Env) {
  const { child, ended, output } = start("main.mjs", [], { APPOS_PORT: "0", APPOS_LOCAL_AGENT: "off", ...env });
  let over = false;
  void ended.then(() => (over = true));
  while (!over && !output().includes("AppOS answers at")) await new Promise((go) => setTimeout(go, 25));
  const url = /http\S+/.exec(output())?.[0] ?? "";
  return {
    url,
    output,
    isOver: () => over,
    async ask<T>(method: string, path: string, headers: Env, body?: unknown): Promise<{ status: number; data: T; headers: Headers }> {
      const response = await fetch(`${url}/api/v1/${path}`, {
        method,
        headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }), origin: url },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, data: ((await response.json()) as { data: T }).data, headers: response.headers };
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "appos-moving-"));
  folders.push(path);
  return path;
}
