import { Ending, Entry } from "@appos/shared/jobs";
import { HostActKind } from "@appos/shared/host-acts";
import { Name } from "@appos/shared/ids";
import { z } from "zod";

/** What `appos-agent` may ask the running agent over its socket, a line of JSON each. */
export const Question = z.union([
  z.strictObject({ ask: z.literal("jobs") }),
  z.strictObject({ act: HostActKind, name: Name, release: z.int().positive().optional() }),
  /** Takes back what was asked for on this connection. */
  z.strictObject({ ask: z.literal("cancel") }),
]);
export type Question = z.output<typeof Question>;

/** Something that is under way on this server, or has ended and waits to be told. */
export const HostJob = z.object({
  id: z.string(),
  kind: z.string(),
  app: z.string().nullable(),
  /** Null for AppOS itself. */
  by: z.string().nullable(),
  state: z.enum(["waiting", "running", "ended"]),
  /** Milliseconds UTC; null where nobody knows. */
  since: z.int().nullable(),
});
export type HostJob = z.output<typeof HostJob>;

/** What it is told: what an act says as it goes on, and one line at the end. */
export const Answer = z.union([
  z.object({ jobs: z.array(HostJob) }),
  z.object({ entry: Entry.pick({ step: true, stream: true, text: true }) }),
  z.object({ ended: Ending }),
  z.object({ refused: z.string() }),
]);
export type Answer = z.output<typeof Answer>;

/** Bytes of one line, at most. */
export const LINE_BYTES = 1024 * 1024;

/** The JSON values in what comes in pieces, a line each; undefined for a line that is none. */
export function jsonLines(take: (value: unknown) => void) {
  let rest = "";
  return (piece: string) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    if (rest.length > LINE_BYTES) throw new Error("A line is too long");
    for (const line of lines) take(parsed(line));
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
