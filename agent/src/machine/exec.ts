import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { statusOf } from "./docker-client.ts";
import type { Pty, PtyExit, PtyOptions } from "./machine.ts";
import { onlyOnce } from "./pty.ts";
import type { TerminalNotes } from "./terminal-notes.ts";
import { endTree, MARK, terminalMark } from "./terminal-tree.ts";

const SHELLS = ["/bin/bash", "/usr/bin/bash", "/bin/ash", "/bin/sh"];
/** Docker may take a moment to know how a program has ended. */
const VERDICT_MS = 2_000;
/** What was told to hang up inside a container may take so long. */
const FAREWELL_MS = 500;

/** A shell in a container, at a terminal that Docker keeps; undefined where the container has no shell. */
export async function openExec(
  docker: Docker,
  containerId: string,
  { id, cols, rows }: PtyOptions,
  mark: Record<string, string>,
  notes: TerminalNotes,
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

  const inside = () => endInside(container, shell, id);
  let pid: number | undefined;
  let ending = false;
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
  const end = onlyOnce(async () => {
    ending = true;
    // What nobody reads would hold its end back.
    stream.resume();
    await endTree(id, pid);
    if (pid === undefined) await inside();
    else notes.ended(id);
    stream.destroy();
  });
  resize(cols, rows);
  try {
    // Of its own number on this server, so that it can be ended whatever it does to its environment.
    pid = await pidHere((await exec.inspect()).Pid, containerId);
  } catch (error) {
    await end();
    throw error;
  }
  if (pid !== undefined) notes.begun(id, pid);
  // Nobody types before it: a program that asks at once is told the right size.
  await fitting;

  async function exit(): Promise<PtyExit> {
    await closed;
    stream.destroy();
    await end();
    return verdict(exec);
  }

  return {
    listen: (hear) => void stream.on("data", (bytes: Buffer) => hear(bytes)),
    write: (bytes) => new Promise((taken) => (stream.writable ? stream.write(bytes, () => taken()) : taken())),
    pause: () => void (ending || stream.pause()),
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

/**
 * The engine's number of a program, where it is this machine's too: an engine that is somewhere else, or in a container of its own,
 * counts differently, and whoever has that number here is somebody else.
 */
export async function pidHere(pid: number, containerId: string): Promise<number | undefined> {
  if (pid <= 0) return undefined;
  const groups = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
  if (groups.includes(containerId)) return pid;
  // Without groups its parent tells: the one that Docker starts for each container.
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const command = await readFile(`/proc/${parent}/cmdline`, "utf8").catch(() => "");
  return command.split("\0").includes(containerId) ? pid : undefined;
}

/** Hangs up on all that has the terminal's mark, from inside the container; then ends what has stayed. */
export async function endInside(container: Docker.Container, shell: string, id: string) {
  const each = `for f in /proc/[0-9]*/environ; do p=\${f#/proc/}; grep -q "$1" "$f" 2>/dev/null && kill "-$2" "\${p%/environ}"; done`;
  for (const signal of ["HUP", "KILL"]) {
    const exec = await container.exec({ Cmd: [shell, "-c", each, shell, `${MARK}=${id}`, signal] }).catch(() => undefined);
    await exec?.start({ Detach: true }).catch(() => {});
    await sleep(FAREWELL_MS);
  }
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
