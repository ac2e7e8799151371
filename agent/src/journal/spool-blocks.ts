import { Entry } from "@appos/shared/jobs";
import type { Disk } from "./disk.ts";
import { readLine } from "./lines.ts";

/** Lines of a file that follow on, small enough to be read at once. */
export interface Block {
  name: string;
  offset: number;
  bytes: number;
  lines: number;
  /** The number of its first line. */
  first: number;
}

/** An entry, and how long its line is. */
export interface Numbered {
  entry: Entry;
  bytes: number;
}

const BLOCK_BYTES = 64 * 1024;
const LINE_FEED = 10;

/** Where the lines of a file are. A tail that was cut short goes: it was never promised to anyone. */
export async function blocksOf(disk: Disk, name: string): Promise<{ blocks: Block[]; bytes: number }> {
  const bytes = await disk.read(name);
  if (!bytes) return { blocks: [], bytes: 0 };
  const end = wholeLines(disk, bytes);
  if (end < bytes.length) await disk.truncate(name, end);
  // An agent that was killed may have written what it had no time to make safe.
  await disk.sync(name);
  const blocks: Block[] = [];
  for (let at = 0; at < end;) {
    const next = bytes.indexOf(LINE_FEED, at) + 1;
    addLine(blocks, { name, offset: at, bytes: next - at, first: 0 });
    at = next;
  }
  return { blocks, bytes: end };
}

/** The end of the last line that is what was written. */
function wholeLines(disk: Disk, bytes: Uint8Array): number {
  let end = bytes.lastIndexOf(LINE_FEED) + 1;
  while (end > 0) {
    const start = end > 1 ? bytes.lastIndexOf(LINE_FEED, end - 2) + 1 : 0;
    if (readLine(disk, new TextDecoder().decode(bytes.subarray(start, end - 1))) !== undefined) return end;
    end = start;
  }
  return 0;
}

export function addLine(blocks: Block[], { name, offset, bytes, first }: Omit<Block, "lines">) {
  const block = blocks.at(-1);
  if (block && block.bytes + bytes <= BLOCK_BYTES) {
    block.bytes += bytes;
    block.lines++;
  } else blocks.push({ name, offset, bytes, lines: 1, first });
}

export const linesIn = (blocks: Block[]) => blocks.reduce((sum, { lines }) => sum + lines, 0);

/** Numbers the lines of some blocks, from `first` on; gives back the number after the last. */
export function numberFrom(first: number, blocks: Block[]): number {
  for (const block of blocks) {
    block.first = first;
    first += block.lines;
  }
  return first;
}

export async function readBlock(disk: Disk, { name, offset, bytes, lines, first }: Block): Promise<Numbered[]> {
  const texts = new TextDecoder().decode(await disk.readAt(name, offset, bytes)).split("\n");
  return Array.from({ length: lines }, (_, i) => {
    const seq = first + i;
    const line = texts[i] ?? "";
    return entryOf(readLine(disk, line), seq) ?? unreadable(seq);
  });
}

function entryOf(value: unknown, seq: number): Numbered | undefined {
  if (!Array.isArray(value)) return undefined;
  const [at, step, stream, text] = value as unknown[];
  const { data: entry } = Entry.safeParse({ seq, at, step, stream, text });
  return entry && { entry, bytes: JSON.stringify(value).length * 3 };
}

export const unreadable = (seq: number): Numbered => ({
  entry: { seq, at: 0, step: "", stream: "gap", text: "… a line that could not be read back from this server's disk" },
  bytes: 100,
});
