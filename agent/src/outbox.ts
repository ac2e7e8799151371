import { type AgentFrame, FRAME_BYTES } from "@appos/shared/agent-link";
import type { Kept } from "./journal/journal.ts";

/** Of a frame, left for what is around the entries. */
const SPARE = 8 * 1024;
const ENTRIES_AT_ONCE = 500;
/** Frames sent ahead of what is held: at most a mebibyte. The rest waits in the journal. */
const FRAMES_AHEAD = 4;

export type Outbox = ReturnType<typeof outbox>;

/** Tells one job's story: its entries in order, a window at a time, then its end. */
export function outbox(job: Kept, send: (frame: AgentFrame) => void) {
  const { jobId, after } = job.work;
  let open = false;
  let sent = after;
  /** The last entry of each frame that is on its way. */
  let onTheirWay: number[] = [];
  let endSent = false;
  /** What was asked before a rewind must not be sent after it. */
  let life = 0;
  let telling = false;
  let askedMeanwhile = false;

  async function next(): Promise<AgentFrame | undefined> {
    if (!open || onTheirWay.length >= FRAMES_AHEAD || gathers()) return undefined;
    const mine = life;
    const entries = (await job.spool.read(sent, FRAME_BYTES - SPARE)).slice(0, ENTRIES_AT_ONCE);
    if (mine !== life) return next();
    const last = entries.at(-1)?.seq;
    if (last !== undefined) {
      sent = last;
      onTheirWay.push(last);
      return { type: "output", jobId, entries };
    }
    if (!job.finished || sent < job.finished.lastSeq || endSent) return undefined;
    endSent = true;
    return { type: "finished", jobId, ...job.finished };
  }

  /** While a frame is on its way what is said meanwhile gathers, so that much talk makes few frames. */
  const gathers = () => !job.finished && onTheirWay.length > 0 && job.spool.last() - sent < ENTRIES_AT_ONCE;

  return {
    /** Something was said, and nothing shows yet that the other end has it. */
    waits: () => !open || onTheirWay.length > 0 || job.finished !== undefined,
    /** A new link hears nothing before it has said from where. */
    close() {
      open = false;
      life++;
    },
    ack(seq: number) {
      onTheirWay = onTheirWay.filter((last) => last > seq);
    },
    rewind(seq: number) {
      open = true;
      life++;
      sent = seq;
      onTheirWay = [];
      endSent = false;
    },
    /** Sends what may be sent now. */
    async tell() {
      askedMeanwhile = true;
      if (telling) return;
      telling = true;
      while (askedMeanwhile) {
        askedMeanwhile = false;
        for (let frame = await next(); frame; frame = await next()) send(frame);
      }
      telling = false;
    },
  };
}
