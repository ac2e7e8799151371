import type { AgentFrame, ControlFrame } from "@appos/shared/agent-link";
import {
  dataFrame,
  readDataFrame,
  STREAM_CHUNK,
  STREAM_WINDOW,
  type StreamInput,
  type StreamKind,
  type StreamOrder,
  type StreamReport,
} from "@appos/shared/streams";

/** Frames about streams. They touch no row, and wait for nobody. */
export type StreamFrame = Extract<AgentFrame, { type: "stream-closed" | "stream-control" | "credit" }>;
export const isStreamFrame = (frame: AgentFrame): frame is StreamFrame =>
  frame.type === "stream-closed" || frame.type === "stream-control" || frame.type === "credit";
/** The same, told by its text: what is none goes the long way. */
export const looksLikeStreamFrame = (text: string) => /^\{"type":"(stream-|credit")/.test(text);

/** Who reads a stream and hears of its end: the agent's, with an error perhaps, or that of the link. */
export interface StreamEars {
  bytes(bytes: Uint8Array): void;
  report?(report: StreamReport): void;
  /** There is room for more input. */
  room?(): void;
  ended(error?: { code: string | undefined; message: string }): void;
  away(why: string): void;
}

/** One stream, seen from here. */
export interface OpenStream {
  /** The reader has taken so many bytes: as many may follow. */
  read(bytes: number): void;
  /** Sends as much of it as there is room for; the answer is how many bytes that were. */
  write(bytes: Uint8Array): number;
  say(order: StreamOrder): void;
  close(): void;
}

interface Open {
  ears: StreamEars;
  /** Bytes it may still send before it must wait for credit, and bytes it may still be sent. */
  credit: number;
  room: number;
  /** Bytes read since credit was last given. */
  read: number;
}

interface Wire {
  send(frame: ControlFrame): void;
  sendBytes(bytes: Uint8Array): void;
}

const IDS = 2 ** 32;
const TOLD_AT_MOST = 1_000;

/**
 * Streams of one link. They end with it: a reader that wants more opens another. `next` is the number of the first: what was open
 * before this room was woken has others.
 */
export function linkStreams({ send, sendBytes }: Wire, next = 1) {
  const open = new Map<number, Open>();
  /** Streams that nobody here reads, and whose agent was told so. */
  const unread = new Set<number>();
  function toldOff(streamId: number) {
    if (unread.has(streamId)) return;
    if (unread.size >= TOLD_AT_MOST) unread.clear();
    unread.add(streamId);
    send({ type: "close-stream", streamId });
  }

  function connect<K extends StreamKind>(kind: K, input: StreamInput<K>, ears: StreamEars): OpenStream {
    const streamId = next;
    next = (next + 1) % IDS;
    unread.delete(streamId);
    const stream: Open = { ears, credit: STREAM_WINDOW, room: STREAM_WINDOW, read: 0 };
    open.set(streamId, stream);
    send({ type: "open-stream", streamId, kind, input });
    const isOpen = () => open.get(streamId) === stream;
    return {
      /** In pieces worth a frame. */
      read(bytes) {
        stream.read += bytes;
        if (stream.read < STREAM_WINDOW / 4 || !isOpen()) return;
        send({ type: "credit", streamId, bytes: stream.read });
        stream.credit += stream.read;
        stream.read = 0;
      },
      write(bytes) {
        const whole = isOpen() ? Math.min(bytes.length, stream.room) : 0;
        for (let at = 0; at < whole; at += STREAM_CHUNK)
          sendBytes(dataFrame(streamId, bytes.subarray(at, Math.min(whole, at + STREAM_CHUNK))));
        stream.room -= whole;
        return whole;
      },
      say: (message) => void (isOpen() && send({ type: "stream-control", streamId, message })),
      close() {
        if (open.delete(streamId)) toldOff(streamId);
      },
    };
  }

  return {
    connect,

    open<K extends StreamKind>(kind: K, input: StreamInput<K>): ReadableStream<Uint8Array> {
      let stream: OpenStream;
      let unread = 0;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            stream = connect(kind, input, {
              bytes(bytes) {
                unread += bytes.length;
                controller.enqueue(bytes);
              },
              ended: (error) => (error ? controller.error(new Error(error.message)) : controller.close()),
              away: (why) => controller.error(new Error(why)),
            });
          },
          /** The reader has room: what it took since is given back as credit. */
          pull() {
            stream.read(unread);
            unread = 0;
          },
          cancel: () => stream.close(),
        },
        new ByteLengthQueuingStrategy({ highWaterMark: STREAM_WINDOW }),
      );
    },

    /** False when the agent sent what it had no credit for, or what is no data frame. */
    receive(bytes: Uint8Array): boolean {
      const frame = readDataFrame(bytes);
      if (!frame) return false;
      const stream = open.get(frame.streamId);
      if (!stream) {
        toldOff(frame.streamId);
        return true;
      }
      if (frame.payload.length > stream.credit) return false;
      stream.credit -= frame.payload.length;
      stream.ears.bytes(frame.payload);
      return true;
    },

    hear(frame: StreamFrame) {
      const stream = open.get(frame.streamId);
      if (!stream) return;
      if (frame.type === "stream-control") return stream.ears.report?.(frame.message);
      if (frame.type === "credit") {
        // No agent can make us hold more for it than a window.
        stream.room = Math.min(STREAM_WINDOW, stream.room + frame.bytes);
        return stream.ears.room?.();
      }
      open.delete(frame.streamId);
      stream.ears.ended(frame.error === undefined ? undefined : { code: frame.code, message: frame.error });
    },

    /** The link is gone, and every stream with it. */
    end(why: string) {
      const ended = [...open.values()];
      open.clear();
      for (const { ears } of ended) ears.away(why);
    },
  };
}
