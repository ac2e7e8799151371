import type { Entry } from "@appos/shared/jobs";
import type { Disk } from "./disk.ts";
import { lineOf } from "./lines.ts";
import type { JobRecord, JournalledJob } from "./records.ts";
import { addLine, type Block, blocksOf, linesIn, numberFrom, type Numbered, readBlock, unreadable } from "./spool-blocks.ts";
import { recentLines } from "./spool-recent.ts";
import { type Writer, writer } from "./writer.ts";

/** What is said, before it has its number. */
export type Said = Omit<Entry, "seq">;
export type Spool = Awaited<ReturnType<typeof openSpool>>;

export interface SpoolLimits {
  /** Of the beginning, kept and sent as it comes. */
  headBytes: number;
  /** Of what follows, the newest so many segments are kept, and sent at the end. */
  segmentBytes: number;
  segments: number;
}
const MIB = 1024 * 1024;
/** A job's log is 64 MiB at most. */
export const shippedLimits: SpoolLimits = { headBytes: 32 * MIB, segmentBytes: 8 * MIB, segments: 4 };

/** More than this on its way to the disk, and whoever speaks waits. */
const WAITING_BYTES = MIB;

interface Part {
  name: string;
  /** Its number in the tail; the head is 0. */
  segment: number;
  file: Writer;
  blocks: Block[];
}

/** What one job said, on the disk: all of it, or where that is too much its beginning and its end. */
export async function openSpool(
  disk: Disk,
  job: JournalledJob,
  note: (job: JournalledJob, record: JobRecord) => Promise<void>,
  limits: SpoolLimits,
  isNew = false,
) {
  const { jobId, after } = job.work;
  const recent = recentLines();
  const parts: Part[] = [];
  let last = after;
  let ended = false;
  let leavingOut = Promise.resolve();
  /** Stands for what was left out. */
  let gap: Numbered | undefined;
  let before: Said = { at: 0, step: "", stream: "note", text: "" };
  /** The end has its numbers before its job has ended for certain: until then nobody may see them. */
  let headLast = after;
  const visible = () => (job.finished ? last : headLast);

  function add(name: string, segment: number, { blocks, bytes }: Awaited<ReturnType<typeof blocksOf>>): Part {
    const part = { name, segment, blocks, file: writer(disk, name, bytes) };
    parts.push(part);
    return part;
  }
  const nothing = () => ({ blocks: [], bytes: 0 });
  const head = add(`${jobId}.head`, 0, isNew ? nothing() : await blocksOf(disk, `${jobId}.head`));
  if (!isNew) await findTail();
  headLast = last = numberFrom(after + 1, head.blocks) - 1;
  if (job.finished) close(job.finished.lastSeq);

  async function findTail() {
    for (const name of await tailNames(disk, jobId)) {
      const segment = segmentOf(name);
      if (segment > job.leftOut.segment) add(name, segment, await blocksOf(disk, name));
      else await disk.remove(name);
    }
  }

  /** Where the next line goes. What is not the head has no number yet. */
  function place(bytes: number): Part {
    const part = parts.at(-1)!;
    const limit = part === head ? limits.headBytes : limits.segmentBytes;
    if (part.file.size() + part.file.waiting() + bytes <= limit) return part;
    if (part === head) write(head, [{ ...before, stream: "note", text: heldBack(limits.headBytes) }]).catch(() => {});
    const segment = part.segment + 1;
    const next = add(`${jobId}.tail.${segment}`, segment, nothing());
    if (parts.length - 1 > limits.segments) {
      leavingOut = leavingOut.then(() => leaveOut(parts[1]!));
      // Whoever ends the job hears of it.
      leavingOut.catch(() => {});
    }
    return next;
  }

  async function leaveOut(part: Part) {
    await part.file.idle();
    parts.splice(parts.indexOf(part), 1);
    const { at, step } = before;
    await note(job, { type: "left-out", segment: part.segment, lines: linesIn(part.blocks), bytes: part.file.size(), at, step });
    // What cannot be removed now goes when the journal is opened next.
    await disk.remove(part.name).catch(() => {});
  }

  function write(part: Part, said: Said[]) {
    const texts = said.map(({ at, step, stream, text }) => lineOf(disk, [at, step, stream, text]));
    const safe = (offset: number) => {
      for (const [i, text] of texts.entries()) {
        const bytes = new TextEncoder().encode(text).length;
        addLine(part.blocks, { name: part.name, offset, bytes, first: last + 1 });
        offset += bytes;
        if (part === head) recent.add({ entry: { seq: ++last, ...said[i]! }, bytes });
        if (part === head) headLast = last;
      }
    };
    return part.file.add(texts.join(""), { patient: true, safe });
  }

  /** The rest of what was said gets its numbers: what was left out, then the newest. */
  function close(lastSeq?: number) {
    ended = true;
    const { lines, at, step } = job.leftOut;
    if (lines > 0) gap = { entry: { seq: ++last, at, step, stream: "gap", text: leftOutText(job.leftOut) }, bytes: 200 };
    for (const { blocks } of parts.slice(1)) last = numberFrom(last + 1, blocks) - 1;
    if (lastSeq !== undefined) last = lastSeq;
  }

  return {
    /** The number of the last entry that can be read. */
    last: visible,

    /** Resolves once it is safe. */
    say(said: Said): Promise<void> {
      before = said;
      return write(place(said.text.length + 100), [said]);
    },

    /** Undefined while there is room; else resolves when there is. */
    room(): Promise<void> | undefined {
      const waiting = parts.reduce((sum, { file }) => sum + file.waiting(), 0);
      return waiting > WAITING_BYTES ? Promise.all(parts.map(({ file }) => file.idle())).then(() => {}) : undefined;
    },

    /** Entries after this one, as many as fit into so many bytes of a frame. */
    async read(seq: number, bytes: number): Promise<Entry[]> {
      const lines = recent.after(seq) ?? (await fromDisk(seq));
      return fitting(lines, bytes);
    },

    /** No more is said. Gives back the number of the last entry. */
    async end(): Promise<number> {
      if (ended) return last;
      // In this order: while parts are left out, the list of them changes.
      await leavingOut;
      for (const { file } of parts) await file.idle();
      close();
      return last;
    },

    async remove() {
      for (const { name } of parts) await disk.remove(name);
    },
  };

  async function fromDisk(seq: number): Promise<Numbered[]> {
    if (seq >= visible()) return [];
    if (gap?.entry.seq === seq + 1) return [gap];
    const block = parts.flatMap(({ blocks }) => blocks).find(({ first, lines }) => seq + 1 >= first && seq + 1 < first + lines);
    if (!block) return [unreadable(seq + 1)];
    return (await readBlock(disk, block)).filter(({ entry }) => entry.seq > seq && entry.seq <= last);
  }
}

function fitting(lines: Numbered[], room: number): Entry[] {
  const entries: Entry[] = [];
  for (const { entry, bytes } of lines) {
    room -= bytes + 64;
    if (room < 0 && entries.length > 0) break;
    entries.push(entry);
  }
  return entries;
}

async function tailNames(disk: Disk, jobId: string) {
  const names = (await disk.names()).filter((name) => name.startsWith(`${jobId}.tail.`));
  return names.sort((a, b) => segmentOf(a) - segmentOf(b));
}
const segmentOf = (name: string) => Number(name.split(".").at(-1));

const size = (bytes: number) => (bytes < MIB ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`);
const counted = (lines: number) => (lines === 1 ? "1 line" : `${lines.toLocaleString("en")} lines`);
const heldBack = (bytes: number) =>
  `This job has said more than ${size(bytes)}. The end of what it says from here on is shown when it is over.`;
const leftOutText = ({ lines, bytes }: { lines: number; bytes: number }) => `… ${counted(lines)} (${size(bytes)}) left out here`;
