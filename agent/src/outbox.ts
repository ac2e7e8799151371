import { type AgentFrame, FRAME_BYTES } from "@appos/shared/agent-link";
import type { Entry } from "@appos/shared/jobs";
import type { JournalledJob } from "./journal.ts";

/** Of a frame, left for what is around the entries. */
const SPARE = 8 * 1024;
const ENTRIES_AT_ONCE = 500;
/** Frames sent ahead of what is held: at most a mebibyte. The rest waits in the journal. */
const FRAMES_AHEAD = 4;

export type Outbox = ReturnType<typeof outbox>;

/** Tells one job's story: its entries in order, a window at a time, then its end. */
export function outbox(job: JournalledJob) {
  const { jobId, after } = job.work;
  let open = false;
  let held = after;
  let sent = after;
  /** The last entry of each frame that is on its way. */
  let onTheirWay: number[] = [];
  let endSent = false;
  return {
    /** A new link hears nothing before it has said from where. */
    close: () => void (open = false),
    ack(seq: number) {
      held = Math.max(held, seq);
      onTheirWay = onTheirWay.filter((last) => last > held);
    },
    rewind(seq: number) {
      open = true;
      held = sent = seq;
      onTheirWay = [];
      endSent = false;
    },
    /** The frames to send now. One that is not full waits while another is on its way. */
    next(): AgentFrame[] {
      const frames: AgentFrame[] = [];
      while (open && onTheirWay.length < FRAMES_AHEAD) {
        const { entries, full } = frameful(job.entries, sent - after);
        if (entries.length === 0 || (!full && !job.finished && onTheirWay.length > 0)) break;
        frames.push({ type: "output", jobId, entries });
        sent += entries.length;
        onTheirWay.push(sent);
      }
      if (open && job.finished && sent >= job.finished.lastSeq && !endSent) {
        frames.push({ type: "finished", jobId, ...job.finished });
        endSent = true;
      }
      return frames;
    },
  };
}

/** As many entries as fit into one frame, from an index on. */
function frameful(entries: Entry[], from: number): { entries: Entry[]; full: boolean } {
  let bytes = SPARE;
  let to = from;
  while (to < entries.length && to - from < ENTRIES_AT_ONCE) {
    bytes += new TextEncoder().encode(JSON.stringify(entries[to])).length + 1;
    if (bytes > FRAME_BYTES) return { entries: entries.slice(from, to), full: true };
    to++;
  }
  return { entries: entries.slice(from, to), full: to - from === ENTRIES_AT_ONCE };
}
