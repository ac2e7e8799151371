import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, userInfo } from "node:os";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ReadStream } from "node:tty";
import type { Pty, PtyExit, PtyOptions } from "./machine.ts";
import { PATH } from "./programs.ts";
import type { TerminalNotes } from "./terminal-notes.ts";
import { endTree, terminalMark } from "./terminal-tree.ts";

/** Where output is gathered, and how much of it is handed on without waiting for more. */
const BATCH_BYTES = 64 * 1024;
const ENOUGH_BYTES = 32 * 1024;
/** Output that follows on so soon after some that was handed on is a flood, unless it is small: it is gathered for as long. */
const FLOOD_MS = 2;
const SMALL_BYTES = 1024;
/** A terminal whose program does not read is asked again after so long, at first and at last. */
const SOON_MS = 2;
const LATER_MS = 50;
/** The last output of a program that has ended is not waited for any longer. */
const DRAIN_MS = 2_000;

/** The native part of node-pty, by itself: its own JavaScript gives up unread output 200 ms after the program's end. */
interface Binding {
  fork(
    file: string,
    args: string[],
    env: string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helper: string,
    onExit: (code: number, signal: number) => void,
  ): { fd: number; pid: number };
  resize(fd: number, cols: number, rows: number): void;
}

/** Loaded when the first terminal is opened: most agents never need it. */
function binding(): Binding {
  try {
    const own = createRequire(import.meta.url).resolve("@lydell/node-pty/package.json");
    return createRequire(own)(`@lydell/node-pty-linux-${process.arch}/pty.node`) as Binding;
  } catch (cause) {
    const message = "This server can open no terminal on itself: the part of the agent that does it cannot be loaded here. It needs glibc.";
    throw new Error(message, { cause });
  }
}

/** A login shell of the user that runs this program, in a clean environment. */
export function openPty({ id, cols, rows }: PtyOptions, mark: Record<string, string>, notes?: TerminalNotes): Pty {
  const { fork, resize } = binding();
  const { username, homedir, shell } = userInfo();
  const program = loginShell(shell);
  const env = {
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    LANG: process.env["LANG"] || "C.UTF-8",
    HOME: homedir,
    PATH,
    SHELL: program,
    USER: username,
    LOGNAME: username,
    ...mark,
    ...terminalMark(id),
  };
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const gone = Promise.withResolvers<PtyExit>();
  const { fd, pid } = fork(program, ["-l"], pairs, homedir || "/", cols, rows, -1, -1, true, "", (code, signal) =>
    gone.resolve(signal > 0 ? { code: null, signal: nameOf(signal) } : { code, signal: null }),
  );

  notes?.begun(id, pid);

  let hear: (bytes: Uint8Array) => void = () => {};
  const { socket, closed } = reader(fd, (bytes) => hear(bytes));
  const end = onlyOnce(() => endTree(id, pid));
  const write = writer(fd, () => socket.destroyed);

  async function exit(): Promise<PtyExit> {
    const how = await gone.promise;
    // What the shell leaves behind would hold the terminal open; what it said last is still to be read.
    socket.resume();
    await end();
    notes?.ended(id);
    await Promise.race([closed, sleep(DRAIN_MS)]);
    socket.destroy();
    return how;
  }

  return {
    listen: (listener) => void (hear = listener),
    write,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    resize: (columns, lines) => void (socket.destroyed || resize(fd, columns, lines)),
    end,
    exited: exit(),
  };
}

/** Reads straight into one buffer. What comes after silence, and what is small, is handed on at once; a flood in large pieces. */
function reader(fd: number, hear: (bytes: Uint8Array) => void) {
  const batch = Buffer.allocUnsafe(BATCH_BYTES);
  let [from, to] = [0, 0];
  let flushedAt = 0;
  let later: NodeJS.Timeout | undefined;
  function flush() {
    clearTimeout(later);
    later = undefined;
    flushedAt = performance.now();
    const bytes = batch.subarray(from, to);
    from = to;
    if (bytes.length > 0) hear(bytes);
  }
  const onread = {
    /** Where the next bytes go: asked for after each `callback`. */
    buffer() {
      if (to > BATCH_BYTES / 2) {
        flush();
        from = to = 0;
      }
      return batch.subarray(to);
    },
    callback(count: number) {
      to += count;
      if (to - from >= ENOUGH_BYTES || count < SMALL_BYTES || performance.now() - flushedAt > FLOOD_MS) flush();
      else later ??= setTimeout(flush, FLOOD_MS);
      return true;
    },
  };
  const socket = new ReadStream(fd, { onread } as object);
  // EIO: the last program of the terminal has ended.
  socket.on("error", () => {});
  const closed = new Promise<void>((done) => socket.on("close", () => (flush(), done())));
  socket.resume();
  return { socket, closed };
}

/** The terminal takes what it has room for, and says so at once; the rest is offered again until its program has read. */
function writer(fd: number, isOver: () => boolean): Pty["write"] {
  let turn: Promise<void> | undefined;

  function offer(bytes: Uint8Array): number {
    for (let at = 0; ;) {
      if (at === bytes.length || isOver()) return bytes.length;
      try {
        at += writeSync(fd, bytes, at);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EAGAIN" ? at : bytes.length;
      }
    }
  }
  async function insist(bytes: Uint8Array) {
    let wait = SOON_MS;
    for (let at = offer(bytes); at < bytes.length;) {
      await sleep(wait);
      const taken = offer(bytes.subarray(at));
      at += taken;
      wait = taken > 0 ? SOON_MS : Math.min(LATER_MS, wait * 2);
    }
  }
  return (bytes) => {
    if (!turn) {
      const at = offer(bytes);
      if (at === bytes.length) return Promise.resolve();
      bytes = bytes.subarray(at);
    }
    const mine = (turn ?? Promise.resolve()).then(() => insist(bytes));
    turn = mine;
    return mine.then(() => void (turn === mine && (turn = undefined)));
  };
}

/** Who may not sign in has a program for a shell that only says so. */
function loginShell(shell: string | null) {
  return shell && !["nologin", "false", "true", "sync"].includes(basename(shell)) ? shell : "/bin/sh";
}

const nameOf = (signal: number) => Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? String(signal);

export function onlyOnce<T>(task: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => (done ??= task());
}
