import { z } from "zod";
import type { AgentFrame, ControlFrame } from "@appos/shared/agent-link";
import { dataFrame, STREAM_CHUNK, STREAM_WINDOW, StreamKind, streamKinds } from "@appos/shared/streams";
import type { Machine } from "../machine/machine.ts";
import { handlers } from "./index.ts";

export type StreamOrder = Extract<ControlFrame, { type: "open-stream" | "credit" | "close-stream" }>;
/** More than this many at once is a fault of whoever asks. */
const AT_ONCE = 100;

interface Open {
  stop: AbortController;
  credit: number;
  /** Called when credit comes. */
  refill(): void;
}

interface Wire {
  send(frame: AgentFrame): void;
  sendBytes(bytes: Uint8Array): Promise<void>;
}

/** The streams of one link. They end with it. */
export function openStreams(machine: Machine, { send, sendBytes }: Wire) {
  const open = new Map<number, Open>();

  async function write(streamId: number, stream: Open, bytes: Uint8Array) {
    for (let at = 0; at < bytes.length;) {
      while (stream.credit === 0 && !stream.stop.signal.aborted) await new Promise<void>((refill) => (stream.refill = refill));
      stream.stop.signal.throwIfAborted();
      const piece = bytes.subarray(at, at + Math.min(STREAM_CHUNK, stream.credit));
      stream.credit -= piece.length;
      at += piece.length;
      await sendBytes(dataFrame(streamId, piece));
    }
  }

  async function run(streamId: number, kind: string, input: unknown) {
    const stream: Open = { stop: new AbortController(), credit: STREAM_WINDOW, refill: () => {} };
    open.set(streamId, stream);
    try {
      if (open.size > AT_ONCE) throw new Error(`This server has ${AT_ONCE} streams open already`);
      const known = StreamKind.parse(kind);
      await handlers[known](streamKinds[known].parse(input), {
        machine,
        signal: stream.stop.signal,
        write: (bytes) => write(streamId, stream, bytes),
      });
      if (open.delete(streamId)) send({ type: "stream-closed", streamId });
    } catch (error) {
      const why =
        error instanceof z.ZodError ? "This agent does not know such a stream" : error instanceof Error ? error.message : String(error);
      if (open.delete(streamId)) send({ type: "stream-closed", streamId, error: why.slice(0, 1_000) });
    }
  }

  function close(streamId: number) {
    const stream = open.get(streamId);
    open.delete(streamId);
    stream?.stop.abort();
    stream?.refill();
  }

  return {
    obey(frame: StreamOrder) {
      if (frame.type === "open-stream") return void run(frame.streamId, frame.kind, frame.input);
      if (frame.type === "close-stream") return close(frame.streamId);
      const stream = open.get(frame.streamId);
      if (!stream) return;
      stream.credit += frame.bytes;
      stream.refill();
    },
    end: () => [...open.keys()].forEach(close),
  };
}
