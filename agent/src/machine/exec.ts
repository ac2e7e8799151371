import { setTimeout as sleep } from "node:timers/promises";
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { statusOf } from "./docker-client.ts";
import type { Pty, PtyExit, PtyOptions } from "./machine.ts";
import { onlyOnce } from "./pty.ts";
import { endTree, terminalMark } from "./terminal-tree.ts";

const SHELLS = ["/bin/bash", "/usr/bin/bash", "/bin/ash", "/bin/sh"];
/** Docker may take a moment to know how a program has ended. */
const VERDICT_MS = 2_000;

/** A shell in a container, at a terminal that Docker keeps; undefined where the container has no shell. */
export async function openExec(
  docker: Docker,
  containerId: string,
  { id, cols, rows }: PtyOptions,
  mark: Record<string, string>,
): Promise<Pty | undefined> {
  const container = docker.getContainer(containerId);
  const shell = await firstShell(container);
  if (shell === undefined) return undefined;
  const env = { TERM: "xterm-256color", COLORTERM: "truecolor", ...mark, ...terminalMark(id) };
  const exec = await container.exec({
    Cmd: [shell],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
  });
  const stream: Duplex = await exec.start({ hijack: true, stdin: true, Tty: true });
  const closed = new Promise<void>((done) => void stream.on("close", done).on("end", done));
  stream.on("error", () => {});

  let size = { w: cols, h: rows };
  let fitting: Promise<void> | undefined;
  /** One question at a time, and the last size wins. */
  const fit = async (): Promise<void> => {
    const asked = size;
    await exec.resize(asked).catch(() => {});
    if (asked !== size) await fit();
  };
  const resize = (w: number, h: number) => {
    size = { w, h };
    fitting ??= fit().finally(() => (fitting = undefined));
  };
  resize(cols, rows);
  // Of its own number on this server, so that it can be ended whatever it does to its environment.
  const { Pid } = await exec.inspect();
  const end = onlyOnce(() => endTree(id, Pid > 0 ? Pid : undefined));

  async function exit(): Promise<PtyExit> {
    await closed;
    stream.destroy();
    await end();
    return verdict(exec);
  }

  return {
    listen: (hear) => void stream.on("data", (bytes: Buffer) => hear(bytes)),
    write: (bytes) => new Promise((taken) => (stream.writable ? stream.write(bytes, () => taken()) : taken())),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    resize,
    end,
    exited: exit(),
  };
}

async function firstShell(container: Docker.Container) {
  for (const path of SHELLS) {
    const there = await container.infoArchive({ path }).then(
      () => true,
      (error: unknown) => {
        if (statusOf(error) === 404) return false;
        throw error;
      },
    );
    if (there) return path;
  }
  return undefined;
}

/** How it ended, as far as Docker can say. */
async function verdict(exec: Docker.Exec): Promise<PtyExit> {
  for (const deadline = performance.now() + VERDICT_MS; performance.now() < deadline; await sleep(20)) {
    const seen = await exec.inspect().catch(() => undefined);
    if (!seen) break;
    if (!seen.Running) return { code: seen.ExitCode, signal: null };
  }
  return { code: null, signal: null };
}
