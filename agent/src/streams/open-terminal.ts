import { STREAM_CHUNK, STREAM_WINDOW, type StreamInput } from "@appos/shared/streams";
import { REPLAY_BYTES, type TerminalExit } from "@appos/shared/terminals";
import type { Pty, PtyExit } from "../machine/machine.ts";
import { ring } from "./ring.ts";
import { type StreamContext, StreamRefused } from "./stream.ts";

/** How far a viewer may be behind before the program has to wait, and how near it must come before that goes on. */
const BEHIND_BYTES = 256 * 1024;
const NEAR_BYTES = 64 * 1024;
/** Comes in after a program was told to wait. */
const SLACK_BYTES = 128 * 1024;

export type OpenTerminal = ReturnType<typeof openTerminal>;

interface Viewer {
  /** The number of the next byte that it is sent. */
  position: number;
  /** There is something to do for it. */
  wake(): void;
  /** Somebody else has taken its place. */
  replaced: boolean;
}

/** A program at a terminal, with its newest output. It goes on without a viewer, and waits for one that does not keep up. */
export function openTerminal(pty: Pty, { by, target, cols, rows }: Pick<StreamInput<"terminal">, "by" | "target" | "cols" | "rows">) {
  const output = ring(REPLAY_BYTES + SLACK_BYTES);
  let viewer: Viewer | undefined;
  let paused = false;
  let size = { cols, rows };
  let why: string | undefined;
  let exit: TerminalExit | undefined;
  /** Minutes without a viewer, and without input. */
  const minutes = { alone: 0, idle: 0 };

  function balance() {
    const behind = viewer === undefined || exit ? 0 : output.end() - viewer.position;
    if (!paused && behind > BEHIND_BYTES) pty.pause();
    if (paused && behind < NEAR_BYTES) pty.resume();
    paused = behind > BEHIND_BYTES || (paused && behind >= NEAR_BYTES);
  }
  function resize(to: { cols: number; rows: number }) {
    if (to.cols === size.cols && to.rows === size.rows) return;
    size = { cols: to.cols, rows: to.rows };
    pty.resize(size.cols, size.rows);
  }
  function end(reason: string) {
    why ??= reason;
    return pty.end();
  }

  pty.listen((bytes) => {
    output.push(bytes);
    balance();
    viewer?.wake();
  });
  const ended = pty.exited.then((how) => {
    exit = { ...how, why: why ?? exitText(how) };
    viewer?.wake();
    return exit;
  });

  /** Sends what there is and what comes, until the viewer has gone or the program has ended. */
  async function show(mine: Viewer, { signal, write }: StreamContext) {
    while (!signal.aborted) {
      if (mine.replaced) throw new StreamRefused("ELSEWHERE", "This terminal was opened in another place, which has it now.");
      const bytes = output.read(mine.position, STREAM_CHUNK);
      if (bytes.length === 0 && exit) return;
      if (bytes.length === 0) await new Promise<void>((wake) => (mine.wake = wake));
      mine.position += bytes.length;
      if (bytes.length > 0) await write(bytes);
      balance();
    }
  }

  return {
    by,
    target,
    minutes,
    ended,
    end,
    attended: () => viewer !== undefined,

    /** Shows the terminal to a viewer, from where it was, in place of whoever was shown it before. */
    async attend(input: StreamInput<"terminal">, context: StreamContext) {
      const said = output.end();
      const position = Math.max(Math.min(input.after, said), output.start(), said - REPLAY_BYTES);
      const mine: Viewer = { position, wake: () => {}, replaced: false };
      const former = viewer;
      viewer = mine;
      if (former) {
        former.replaced = true;
        former.wake();
      }
      const leave = () => {
        mine.wake();
        if (viewer !== mine) return;
        viewer = undefined;
        minutes.alone = 0;
        balance();
      };
      context.signal.addEventListener("abort", leave, { once: true });
      balance();
      resize(input);
      context.say({ type: "ready", offset: position, lost: Math.max(0, position - input.after), end: said });

      let waiting = 0;
      context.listen({
        bytes(bytes) {
          waiting += bytes.length;
          if (viewer !== mine || waiting > STREAM_WINDOW) return;
          minutes.idle = 0;
          void pty.write(bytes).then(() => ((waiting -= bytes.length), context.taken(bytes.length)));
        },
        order(order) {
          if (viewer !== mine) return;
          if (order.type === "resize") resize(order);
          else void end(order.why);
        },
      });
      try {
        await show(mine, context);
        if (exit) context.say({ type: "exit", ...exit });
      } finally {
        context.signal.removeEventListener("abort", leave);
        leave();
      }
    },
  };
}

function exitText({ code, signal }: PtyExit): string {
  if (signal !== null) return `Its program was ended by ${signal}.`;
  if (code === null) return "Its program has ended.";
  return code === 0 ? "Its program has ended." : `Its program has ended with exit code ${code}.`;
}
