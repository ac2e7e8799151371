import { plain } from "#lib/format/ansi.ts";
import type { Chunk } from "#lib/ui/log-buffer.svelte.ts";

/** A line that is shown, by where it is. */
export interface Place {
  chunk: number;
  line: number;
}

const MOST = 10_000;

/** The lines that have a text in them, from the first on. Case does not matter. */
export function findLines(chunks: readonly Chunk[], wanted: string): Place[] {
  const needle = wanted.toLowerCase();
  const found: Place[] = [];
  if (needle === "") return found;
  for (const { id, lines } of chunks)
    for (const [line, { text, tone }] of lines.entries()) {
      if (tone === "gap" || !plain(text).toLowerCase().includes(needle)) continue;
      if (found.push({ chunk: id, line }) === MOST) return found;
    }
  return found;
}

/** Lines that were asked for, without those near them. */
export const countMeant = (chunks: readonly Chunk[]): number =>
  chunks.reduce((sum, { lines }) => sum + lines.filter(({ near, tone }) => !near && tone !== "gap").length, 0);

/** The first line that was said at a time or after it. */
export function lineAt(chunks: readonly Chunk[], time: number): Place | undefined {
  for (const { id, lines } of chunks) {
    const line = lines.findIndex(({ at, tone }) => at >= time && tone !== "gap");
    if (line >= 0) return { chunk: id, line };
  }
  return undefined;
}

const FRAMES = 20;

/** Brings a line into the middle of what is seen; what is far from it takes its room first. */
export function bringUp(pane: HTMLElement, { chunk, line }: Place): void {
  const place = pane.querySelector(`[data-chunk="${chunk}"]`);
  const shown = () => place?.querySelector(`[data-line="${line}"]`);
  const toMiddle = (element: Element) => {
    const { top, height } = element.getBoundingClientRect();
    pane.scrollTop += top - pane.getBoundingClientRect().top - (pane.clientHeight - Math.min(height, pane.clientHeight)) / 2;
  };
  let left = FRAMES;
  const settle = () => {
    const element = shown() ?? place;
    if (element) toMiddle(element);
    if (shown()) left = Math.min(left, 3);
    if (--left > 0) requestAnimationFrame(settle);
  };
  settle();
}
