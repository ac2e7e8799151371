import { HANDSHAKE_MS, HEARTBEAT_MS, PING, PONG, SILENCE_MS } from "@appos/shared/agent-link";
import type { Conversation, Wire } from "./conversation.ts";
import { LinkOver } from "./handshake.ts";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
/** A link that held for so long was a good one: the waits begin anew. */
const STABLE_MS = 30_000;
/** What was said and is not acknowledged within this time is said again, over another link. */
const STALLED_MS = 3 * 60_000;

/** One socket, once it is open. */
export interface Socket extends Wire {
  /** Says farewell, and does not wait long for an answer. */
  hangUp(): void;
  /** Is gone at once. */
  terminate(): void;
}

/** What a socket tells whoever dialled it. After `gone` it tells nothing more. */
export interface Hearer {
  opened(socket: Socket): void;
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
  gone(why: string): void;
}

export interface LinkOptions {
  /** Opens a socket to the control plane. Failure is told by `gone`. */
  dial(hearer: Hearer): void;
  /** Milliseconds, by a clock that never jumps. */
  now(): number;
  /** Calls back after so many milliseconds by that clock; the answer takes that back. */
  timer(ms: number, task: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
  /** There is another address to go to: nobody waits long before that. */
  soon?(): boolean;
  converse(wire: Wire): Conversation;
  /** Told why each attempt failed or each link ended, how long it had been up, and when the next one comes. */
  onDown(why: string, heldMs: number, nextInMs: number): void;
  stop: AbortSignal;
}

/** One outbound socket, opened again for ever, after a wait that grows while it cannot be opened. Full jitter. */
export async function keepLink(options: LinkOptions) {
  const { stop, onDown, now, timer, random } = options;
  for (let failures = 0; !stop.aborted;) {
    const began = now();
    const why = await oneLink(options);
    if (stop.aborted) return;
    const held = now() - began;
    failures = held > STABLE_MS ? 0 : failures + 1;
    const wait = random() * (options.soon?.() ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
    onDown(why, held, wait);
    await new Promise<void>((done) => {
      const cancel = timer(wait, done);
      stop.addEventListener("abort", () => (cancel(), done()), { once: true });
    });
  }
}

/** Resolves, with the reason, when the socket is gone. */
function oneLink({ dial, converse, now, timer, stop }: LinkOptions): Promise<string> {
  return new Promise((over) => {
    let open: { socket: Socket; conversation: Conversation } | undefined;
    let why = "";
    const give = (reason: string) => {
      why ||= reason;
      open?.socket.terminate();
    };
    let heardAt = now();
    let movedAt = now();
    let waitingFor: number | undefined;
    const tasks = new Set<() => void>();
    function later(ms: number, task: () => void) {
      const cancel = timer(ms, () => {
        tasks.delete(cancel);
        task();
      });
      tasks.add(cancel);
    }

    /** Through the conversation: who does not get round to what it is told is not up. */
    function beat() {
      void open?.conversation.settled().then(() => open?.socket.send(PING));
      later(HEARTBEAT_MS, beat);
    }
    function watch() {
      const { conversation } = open!;
      if (now() - heardAt >= SILENCE_MS) return give("The control plane has not answered for a while");
      const waiting = conversation.waiting();
      if (waiting === undefined || waiting !== waitingFor) movedAt = now();
      waitingFor = waiting;
      if (now() - movedAt >= STALLED_MS) return give("The control plane has not acknowledged what was said for a while");
      later(HEARTBEAT_MS / 5, watch);
    }
    const hangUp = () => open?.socket.hangUp();
    stop.addEventListener("abort", hangUp);

    dial({
      opened(socket) {
        heardAt = movedAt = now();
        open = { socket, conversation: converse(socket) };
        if (stop.aborted) return hangUp();
        later(HEARTBEAT_MS, beat);
        watch();
        later(HANDSHAKE_MS, () => open?.conversation.welcomed() || give("The control plane did not let this server in in time"));
      },
      text(text) {
        heardAt = now();
        if (text === PONG) return;
        if (text === PING) return open?.socket.send(PONG);
        open?.conversation.hear(text).catch((error: unknown) => {
          // Anything else is a fault that a new start mends.
          if (!(error instanceof LinkOver)) throw error;
          give(error.message);
        });
      },
      bytes(bytes) {
        heardAt = now();
        open?.conversation.hearBytes(bytes);
      },
      gone(reason) {
        for (const cancel of tasks) cancel();
        stop.removeEventListener("abort", hangUp);
        open?.conversation.end();
        open = undefined;
        over(why || reason);
      },
    });
  });
}
