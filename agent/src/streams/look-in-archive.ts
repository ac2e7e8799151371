import type { LogArchive } from "../log-archive/archive.ts";
import type { LogSource } from "./log-sources.ts";
import { collector, type Look, stopLook } from "./look.ts";
import { isSifted } from "./sift.ts";

/** What is kept of a container, as far as it was said before a stamp. */
export async function lookInArchive(look: Look, archive: LogArchive, { origin, blocks }: LogSource, before: string): Promise<void> {
  const { input, range } = look;
  const { told, take } = collector(look, origin, before);
  const meant = blocks.filter(({ from, to }) => to >= range.from && from < before);
  const read = isSifted(input) ? meant : newestBlocks(meant, before, input.tail);
  for (const block of read) {
    if (look.late()) return stopLook(look, block.to);
    take(await archive.lines(block));
  }
  if (told() > input.tail || read.length < meant.length) look.older = true;
}

/** The last blocks that hold so many lines for certain. */
function newestBlocks<B extends { to: string; lines: number }>(blocks: B[], before: string, lines: number): B[] {
  let from = blocks.length;
  for (let sum = 0; from > 0 && sum < lines;) {
    const { lines: more, to } = blocks[--from]!;
    if (to < before) sum += more;
  }
  return blocks.slice(from);
}
