import type { ControlFrame } from "@appos/shared/agent-link";
import { readDataFrame, STREAM_WINDOW, type StreamInput, type StreamKind } from "@appos/shared/streams";

interface Open {
  controller: ReadableStreamDefaultController<Uint8Array>;
  /** Bytes it may still send before it must wait for credit. */
  credit: number;
  /** Bytes read since credit was last given. */
  read: number;
}

/** Streams of one link. They end with it: a reader that wants more opens another. */
export function linkStreams(send: (frame: ControlFrame) => void) {
  const open = new Map<number, Open>();
  let next = 1;

  return {
    open<K extends StreamKind>(kind: K, input: StreamInput<K>): ReadableStream<Uint8Array> {
      const streamId = next++;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            open.set(streamId, { controller, credit: STREAM_WINDOW, read: 0 });
            send({ type: "open-stream", streamId, kind, input });
          },
          /** The reader has room: what it took since is given back as credit, in pieces worth a frame. */
          pull() {
            const stream = open.get(streamId);
            if (!stream || stream.read < STREAM_WINDOW / 4) return;
            send({ type: "credit", streamId, bytes: stream.read });
            stream.credit += stream.read;
            stream.read = 0;
          },
          cancel() {
            if (open.delete(streamId)) send({ type: "close-stream", streamId });
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: STREAM_WINDOW }),
      );
    },

    /** False when the agent sent what it had no credit for, or what is no data frame. */
    receive(bytes: Uint8Array): boolean {
      const frame = readDataFrame(bytes);
      if (!frame) return false;
      const stream = open.get(frame.streamId);
      if (!stream) return true;
      if (frame.payload.length > stream.credit) return false;
      stream.credit -= frame.payload.length;
      stream.read += frame.payload.length;
      stream.controller.enqueue(frame.payload);
      return true;
    },

    closed(streamId: number, error: string | undefined) {
      const stream = open.get(streamId);
      open.delete(streamId);
      if (error === undefined) stream?.controller.close();
      else stream?.controller.error(new Error(error));
    },

    /** The link is gone, and every stream with it. */
    end(why: string) {
      for (const { controller } of open.values()) controller.error(new Error(why));
      open.clear();
    },
  };
}
