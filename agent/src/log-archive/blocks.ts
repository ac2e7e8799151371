import * as z from "zod";
import type { Disk } from "../journal/disk.ts";
import type { Container, LogPart } from "../machine/machine.ts";

/** Who said a line: one container's life, from when it was made until it was removed. */
export interface LogOrigin {
  id: string;
  service: string;
  container: string;
  release: number | null;
}

export const originOf = ({ id, status: { service, container }, release = null }: Container): LogOrigin => ({
  id,
  service,
  container,
  release,
});

const Stamp = z.string().max(40);

/** What stands before the packed lines of one container. */
const BlockHead = z.object({
  id: z.string().max(64),
  service: z.string().max(255),
  container: z.string().max(400),
  release: z.int().nullable(),
  /** The stamps of its first and its last line. */
  from: Stamp,
  to: Stamp,
  /** The last stamp of each output, as far as the container had come. */
  last: z.object({ stdout: Stamp, stderr: Stamp }),
  lines: z.int().nonnegative(),
  bytes: z.int().positive(),
});
export type BlockHead = z.output<typeof BlockHead>;
export type LastStamps = BlockHead["last"];

/** A block, and where its packed lines are. */
export interface Block extends BlockHead {
  segment: string;
  at: number;
}

const HEAD_BYTES = 2_048;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function blockBytes(head: Omit<BlockHead, "bytes">, packed: Uint8Array): Uint8Array {
  const line = encoder.encode(`${JSON.stringify({ ...head, bytes: packed.length } satisfies BlockHead)}\n`);
  const bytes = new Uint8Array(line.length + packed.length);
  bytes.set(line);
  bytes.set(packed, line.length);
  return bytes;
}

/** The blocks of a segment, up to where a power cut or somebody else has spoiled it. */
export async function blocksIn(disk: Disk, segment: string): Promise<Block[]> {
  const blocks: Block[] = [];
  for (let at = 0; ;) {
    const bytes = await disk.readAt(segment, at, HEAD_BYTES);
    const end = bytes.indexOf(10);
    const head = end > 0 ? headOf(decoder.decode(bytes.subarray(0, end))) : undefined;
    if (!head) return blocks;
    blocks.push({ ...head, segment, at: at + end + 1 });
    at += end + 1 + head.bytes;
  }
}

function headOf(text: string): BlockHead | undefined {
  try {
    return BlockHead.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** One line each: when, which output, what. */
export const linesText = (parts: readonly LogPart[]): Uint8Array =>
  encoder.encode(parts.map(({ stamp, stream, text }) => `${stamp} ${stream === "stdout" ? "o" : "e"} ${text}\n`).join(""));

export function partsOf(bytes: Uint8Array): LogPart[] {
  const parts: LogPart[] = [];
  const text = decoder.decode(bytes);
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at);
    const space = text.indexOf(" ", at);
    if (end === -1 || space === -1) break;
    parts.push({ stamp: text.slice(at, space), stream: text[space + 1] === "e" ? "stderr" : "stdout", text: text.slice(space + 3, end) });
    at = end + 1;
  }
  return parts;
}
