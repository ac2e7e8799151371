import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { AppEnv } from "./access.ts";

const BEAT_MS = 15_000;
/** A session that has ended, or a token that was revoked, is noticed within this time. */
const RECHECK_MS = 4_000;
/** Whom nobody could look up so many times in a row may come again. */
const FAILURES = 3;

interface Message {
  event: string;
  data: unknown;
  /** From where a listener goes on that loses its connection. */
  id?: string;
}

/** What a story may say to whoever listens. */
export interface Out {
  send(event: string, data: unknown): Promise<void>;
  /** Several, in one go. */
  sendAll(messages: Message[]): Promise<void>;
  /** Aborted when the listener has gone, or may listen no longer. */
  signal: AbortSignal;
}

/** Answers with server-sent events until the story is told, the listener goes away, or may listen no longer. */
export function eventStream(c: Context<AppEnv>, tell: (out: Out) => Promise<void>) {
  c.header("cache-control", "no-store");
  c.header("x-accel-buffering", "no");
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const beat = setInterval(() => void stream.write(": beat\n\n").catch(() => gone.abort()), BEAT_MS);
    let failures = 0;
    const recheck = setInterval(async () => {
      try {
        if (!(await c.get("stillIn")())) gone.abort();
        failures = 0;
      } catch {
        if (++failures >= FAILURES) gone.abort();
      }
    }, RECHECK_MS);
    try {
      // JSON has no line breaks.
      const text = ({ event, data, id }: Message) =>
        `event: ${event}\ndata: ${JSON.stringify(data)}\n${id === undefined ? "" : `id: ${id}\n`}\n`;
      const sendAll: Out["sendAll"] = async (messages) => void (await stream.write(messages.map(text).join("")));
      const send: Out["send"] = (event, data) => sendAll([{ event, data }]);
      await tell({ send, sendAll, signal: gone.signal });
    } finally {
      clearInterval(beat);
      clearInterval(recheck);
    }
  });
}

/** From where a listener that lost its connection goes on, as a number. */
export function lastEventId(c: Context): number | undefined {
  const id = c.req.header("last-event-id");
  return id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}

/** Resolves when it is told that something is new, or when the signal says that it is over. */
export function bell(signal: AbortSignal) {
  let rung = false;
  let wake = () => {};
  signal.addEventListener("abort", () => wake());
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait() {
      if (!rung && !signal.aborted) await new Promise<void>((done) => (wake = done));
      rung = false;
    },
  };
}
