import { z } from "zod";
import type { AgentFrame, ControlFrame } from "@appos/shared/agent-link";
import { dataFrame, readDataFrame, STREAM_CHUNK, STREAM_WINDOW, StreamKind, streamKinds, type StreamOrder } from "@appos/shared/streams";
import type { Machine } from "../machine/machine.ts";
import { handlers } from "./index.ts";
import { type StreamEars, StreamRefused } from "./stream.ts";
import type { Terminals } from "./terminals.ts";

export type StreamOrderFrame = Extract<ControlFrame, { type: "open-stream" | "credit" | "close-stream" | "stream-control" }>;
export const isStreamOrder = (frame: ControlFrame): frame is StreamOrderFrame =>
  frame.type === "open-stream" || frame.type === "credit" || frame.type === "close-stream" || frame.type === "stream-control";
/** More than this many at once is a fault of whoever asks. */
const AT_ONCE = 250;

interface Open {
  stop: AbortController;
  credit: number;
  /** Called when credit comes. */
  refill(): void;
  ears: StreamEars | undefined;
  /** What came before anybody listened: the last of each kind. */
  early: Map<StreamOrder["type"], StreamOrder>;
  /** Bytes of input dealt with since credit was last given. */
  taken: number;
}

interface Wire {
  send(frame: AgentFrame): void;
  sendBytes(bytes: Uint8Array): Promise<void>;
}

/** The streams of one link. They end with it. */
export function openStreams(machine: Machine, terminals: Terminals, { send, sendBytes }: Wire) {
  const open = new Map<number, Open>();
  let turn: Promise<void> = Promise.resolve();
  /** One data frame at a time, each stream's in its turn: whatever else is said waits behind one at most. */
  const sendInTurn = (frame: Uint8Array) => (turn = turn.catch(() => {}).then(() => sendBytes(frame)));

  async function write(streamId: number, stream: Open, bytes: Uint8Array) {
    for (let at = 0; at < bytes.length;) {
      while (stream.credit === 0 && !stream.stop.signal.aborted) await new Promise<void>((refill) => (stream.refill = refill));
      stream.stop.signal.throwIfAborted();
      const piece = bytes.subarray(at, at + Math.min(STREAM_CHUNK, stream.credit));
      stream.credit -= piece.length;
      at += piece.length;
      await sendInTurn(dataFrame(streamId, piece));
    }
  }

  /** Credit for input goes back in pieces worth a frame. */
  function taken(streamId: number, stream: Open, bytes: number) {
    stream.taken += bytes;
    if (stream.taken < STREAM_WINDOW / 4 || stream.stop.signal.aborted) return;
    send({ type: "credit", streamId, bytes: stream.taken });
    stream.taken = 0;
  }

  async function run(streamId: number, kind: string, input: unknown) {
    const stream: Open = {
      stop: new AbortController(),
      credit: STREAM_WINDOW,
      refill: () => {},
      ears: undefined,
      early: new Map(),
      taken: 0,
    };
    open.set(streamId, stream);
    try {
      if (open.size > AT_ONCE) throw new Error(`This server has ${AT_ONCE} streams open already`);
      await handle(StreamKind.parse(kind), input, streamId, stream);
      if (open.delete(streamId)) send({ type: "stream-closed", streamId });
    } catch (error) {
      const why =
        error instanceof z.ZodError ? "This agent does not know such a stream" : error instanceof Error ? error.message : String(error);
      const code = error instanceof StreamRefused ? { code: error.code } : {};
      if (open.delete(streamId)) send({ type: "stream-closed", streamId, error: why.slice(0, 1_000), ...code });
    }
  }

  const handle = <K extends StreamKind>(kind: K, input: unknown, streamId: number, stream: Open) =>
    handlers[kind](streamKinds[kind].parse(input), {
      machine,
      terminals,
      signal: stream.stop.signal,
      write: (bytes) => write(streamId, stream, bytes),
      say: (message) => void (open.get(streamId) === stream && send({ type: "stream-control", streamId, message })),
      listen(ears) {
        stream.ears = ears;
        for (const order of stream.early.values()) ears.order(order);
        stream.early.clear();
      },
      taken: (bytes) => taken(streamId, stream, bytes),
    });

  function close(streamId: number) {
    const stream = open.get(streamId);
    open.delete(streamId);
    stream?.stop.abort();
    stream?.refill();
  }

  return {
    obey(frame: StreamOrderFrame) {
      if (frame.type === "open-stream") return void run(frame.streamId, frame.kind, frame.input);
      if (frame.type === "close-stream") return close(frame.streamId);
      const stream = open.get(frame.streamId);
      if (!stream) return;
      if (frame.type === "stream-control") {
        if (stream.ears) stream.ears.order(frame.message);
        else stream.early.set(frame.message.type, frame.message);
        return;
      }
      stream.credit += frame.bytes;
      stream.refill();
    },
    /** Input of a stream; of one that is over it comes too late. */
    hear(bytes: Uint8Array) {
      const frame = readDataFrame(bytes);
      if (frame) open.get(frame.streamId)?.ears?.bytes(frame.payload);
    },
    end: () => [...open.keys()].forEach(close),
  };
}
