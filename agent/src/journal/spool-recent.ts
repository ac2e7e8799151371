import type { Numbered } from "./spool-blocks.ts";

const KEPT_BYTES = 512 * 1024;

/** What was said last, so that whoever follows need not read the disk. */
export function recentLines() {
  let lines: Numbered[] = [];
  let bytes = 0;
  return {
    add(line: Numbered) {
      lines.push(line);
      bytes += line.bytes;
      if (bytes <= KEPT_BYTES) return;
      // Half at a time: to shift each line would cost more than the lines.
      const rest = lines.slice(Math.ceil(lines.length / 2));
      bytes = rest.reduce((sum, each) => sum + each.bytes, 0);
      lines = rest;
    },
    /** Those after a number; undefined where the first of them is not here any more. */
    after(seq: number): Numbered[] | undefined {
      const first = lines[0]?.entry.seq;
      return first !== undefined && seq + 1 >= first && seq < lines.at(-1)!.entry.seq ? lines.slice(seq + 1 - first) : undefined;
    },
  };
}
