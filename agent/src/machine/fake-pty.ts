import type { Pty, PtyExit } from "./machine.ts";

export type FakePty = ReturnType<typeof fakePty>;

/** A program at a terminal that says what a test tells it to. */
export function fakePty() {
  const exit = Promise.withResolvers<PtyExit>();
  const sizes: string[] = [];
  const typed: string[] = [];
  const unread: (() => void)[] = [];
  let hear: (bytes: Uint8Array) => void = () => {};
  const state = { paused: false, reads: true };
  const pty: Pty = {
    listen: (listener) => void (hear = listener),
    write(bytes) {
      typed.push(new TextDecoder().decode(bytes));
      return state.reads ? Promise.resolve() : new Promise((taken) => unread.push(taken));
    },
    pause: () => void (state.paused = true),
    resume: () => void (state.paused = false),
    resize: (cols, rows) => void sizes.push(`${cols}x${rows}`),
    async end() {
      exit.resolve({ code: null, signal: "SIGHUP" });
    },
    exited: exit.promise,
  };
  return Object.assign(state, {
    pty,
    sizes,
    typed,
    say: (text: string | Uint8Array) => hear(typeof text === "string" ? new TextEncoder().encode(text) : text),
    exit: (code: number) => exit.resolve({ code, signal: null }),
    /** The program reads what was typed. */
    read: () => unread.splice(0).forEach((taken) => taken()),
  });
}
