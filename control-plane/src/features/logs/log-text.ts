import type { LogLine } from "@appos/shared/logs";
import type { LogLines } from "./service.ts";

/** Whoever may read no longer is noticed within this time. */
const RECHECK_MS = 4_000;

/** A line of a file, as its program wrote it: what is in it is shown by nobody here. */
export const textOf = ({ at, service, text }: LogLine): string => `${new Date(at).toISOString()} ${service} | ${text}\n`;

/** The lines as a file, as they come. Rejects where they cannot be read; breaks off when that comes later, or the reader may read no longer. */
export async function logText(lines: LogLines, stillIn: () => Promise<boolean>): Promise<ReadableStream<Uint8Array>> {
  const reader = lines.getReader();
  const encoder = new TextEncoder();
  let checked = Date.now();
  // What is refused is refused at once.
  let next = await reader.read();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (next.done) return controller.close();
      if (Date.now() - checked > RECHECK_MS) {
        checked = Date.now();
        if (!(await stillIn())) throw new Error("Signed out");
      }
      const text = next.value.map((each) => ("past" in each ? "" : textOf(each))).join("");
      next = await reader.read();
      controller.enqueue(encoder.encode(text));
    },
    cancel: () => reader.cancel(),
  });
}
