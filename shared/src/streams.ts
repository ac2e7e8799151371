import { z } from "zod";
import { AppId, Name, TerminalId } from "./ids.ts";
import { LogLevel } from "./log-level.ts";
import { LOG_CONTEXT, LOG_LINES } from "./logs.ts";
import { Columns, Rows, TerminalExit, TerminalTarget } from "./terminals.ts";

/**
 * Every kind of live stream: what opens it. What flows is bytes: for `logs`, one JSON `LogLine` or `LogNote` a line; for `terminal`, output and input,
 * each way no more than the other end has given credit for; for `ask`, one JSON `Reply` (questions.ts).
 */
const kinds = {
  logs: z.object({
    appId: AppId,
    name: Name,
    service: z.string().max(255).optional(),
    /** More than one; an older agent shows all of them. */
    services: z.array(z.string().max(255)).max(100).optional(),
    tail: z.int().min(0).max(LOG_LINES),
    /** Everything that is meant, from the oldest on, whatever `tail` says. */
    whole: z.boolean().optional(),
    since: z.int().nonnegative().optional(),
    until: z.int().nonnegative().optional(),
    search: z.string().min(1).max(500).optional(),
    how: z.enum(["any-case", "exact", "regexp"]).optional(),
    context: z.int().min(0).max(LOG_CONTEXT).optional(),
    level: LogLevel.optional(),
    follow: z.boolean(),
  }),
  terminal: z.object({
    session: TerminalId,
    /** The e-mail of who asks. */
    by: z.string().max(254),
    target: TerminalTarget,
    /** It was open before: where it is no more, it is not opened again. */
    resume: z.boolean(),
    /** Bytes of output that the viewer has. */
    after: z.int().nonnegative(),
    cols: Columns,
    rows: Rows,
  }),
  ask: z.object({ question: z.string().max(63), input: z.unknown() }),
};

/** What an agent is told within a stream. */
export const StreamOrder = z.discriminatedUnion("type", [
  z.object({ type: z.literal("resize"), cols: Columns, rows: Rows }),
  z.object({ type: z.literal("end"), why: z.string().max(300) }),
]);
export type StreamOrder = z.output<typeof StreamOrder>;

/** What an agent says within a stream. */
export const StreamReport = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), offset: z.int().nonnegative(), lost: z.int().nonnegative(), end: z.int().nonnegative().optional() }),
  TerminalExit.extend({ type: z.literal("exit") }),
]);
export type StreamReport = z.output<typeof StreamReport>;

export type StreamKind = keyof typeof kinds;
export type StreamInput<K extends StreamKind> = z.output<(typeof kinds)[K]>;
export const streamKinds: { [K in StreamKind]: z.ZodType<StreamInput<K>> } = kinds;
export const StreamKind = z.enum(Object.keys(kinds) as [StreamKind, ...StreamKind[]]);

/** Bytes that may be on their way in one stream. A reader gives credit as it reads. */
export const STREAM_WINDOW = 256 * 1024;
/** Bytes of one data frame, at most. */
export const STREAM_CHUNK = 64 * 1024;

const DATA = 1;

/** A data frame: u8 kind, u32 stream id (big-endian), payload. */
export function dataFrame(streamId: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(5 + payload.length);
  frame[0] = DATA;
  new DataView(frame.buffer).setUint32(1, streamId);
  frame.set(payload, 5);
  return frame;
}

/** Undefined for a frame that is no data frame. */
export function readDataFrame(frame: Uint8Array): { streamId: number; payload: Uint8Array } | undefined {
  if (frame.length < 5 || frame[0] !== DATA) return undefined;
  const streamId = new DataView(frame.buffer, frame.byteOffset).getUint32(1);
  return { streamId, payload: frame.subarray(5) };
}
