import { z } from "zod";
import { Finished, Offer } from "@appos/shared/agent-link";
import { JobKind, jobKinds } from "@appos/shared/jobs";

/** An offer this agent can take on: of a kind it knows, with an input that fits. */
export const Work = Offer.extend({ kind: JobKind }).superRefine(({ kind, input }, context) => {
  const { error } = jobKinds[kind].input.safeParse(input);
  if (error) context.addIssue(z.prettifyError(error));
});
export type Work = z.output<typeof Work>;

/** What is written down about a job, in the order in which it happens. What it says is in its spool. */
export const JobRecord = z.discriminatedUnion("type", [
  z.object({ type: z.literal("accepted"), work: Work }),
  z.object({ type: z.literal("started") }),
  z.object({ type: z.literal("canceled") }),
  /** The middle of what it said is left out, up to this segment of its spool. */
  z.object({ type: z.literal("left-out"), segment: z.int(), lines: z.int(), bytes: z.int(), at: z.int(), step: z.string() }),
  z.object({ type: z.literal("finished"), finished: Finished }),
  z.object({ type: z.literal("forgotten") }),
]);
export type JobRecord = z.output<typeof JobRecord>;

/** Which database of the control plane this agent has obeyed, and over which link last. */
export const Seen = z.object({ incarnation: z.string(), epoch: z.int() });
export type Seen = z.output<typeof Seen>;

/** A line of the log: about one job, or about all. */
export const LogRecord = z.union([
  z.object({ job: z.string(), record: JobRecord }),
  z.object({ journal: z.string() }),
  z.object({ seen: Seen }),
  /** The highest number taken on in each lane. */
  z.object({ fences: z.record(z.string(), z.int()) }),
]);
export type LogRecord = z.output<typeof LogRecord>;

/** What of a job's middle was left out. */
export interface LeftOut {
  segment: number;
  lines: number;
  bytes: number;
  /** When the newest of it was said, and in which step. */
  at: number;
  step: string;
}

/** What a job's records add up to. */
export interface JournalledJob {
  work: Work;
  /** How often it was begun. */
  attempts: number;
  canceled: boolean;
  leftOut: LeftOut;
  finished?: Finished;
}

export const accepted = (work: Work): JournalledJob => ({
  work,
  attempts: 0,
  canceled: false,
  leftOut: { segment: 0, lines: 0, bytes: 0, at: 0, step: "" },
});

export function apply(job: JournalledJob, record: JobRecord) {
  if (record.type === "started") job.attempts++;
  if (record.type === "canceled") job.canceled = true;
  if (record.type === "finished") job.finished = record.finished;
  if (record.type === "left-out") {
    const { lines, bytes } = job.leftOut;
    const { segment, at, step } = record;
    job.leftOut = { segment, lines: lines + record.lines, bytes: bytes + record.bytes, at, step };
  }
}
