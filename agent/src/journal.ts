import { z } from "zod";
import { Finished, Offer } from "@appos/shared/agent-link";
import { Entry, JobKind, jobKinds } from "@appos/shared/jobs";

/** An offer this agent can take on: of a kind it knows, with an input that fits. */
export const Work = Offer.extend({ kind: JobKind }).superRefine(({ kind, input }, context) => {
  const { error } = jobKinds[kind].input.safeParse(input);
  if (error) context.addIssue(z.prettifyError(error));
});
export type Work = z.output<typeof Work>;

/** What is written down about a job, in the order in which it happens. */
export const JournalRecord = z.discriminatedUnion("type", [
  z.object({ type: z.literal("accepted"), work: Work }),
  z.object({ type: z.literal("started") }),
  z.object({ type: z.literal("entry"), entry: Entry }),
  z.object({ type: z.literal("canceled") }),
  z.object({ type: z.literal("finished"), finished: Finished }),
]);
export type JournalRecord = z.output<typeof JournalRecord>;

/** Every job accepted and not yet forgotten. What was appended survives a power cut. */
export interface Journal {
  /** Another id is another journal: the one before was lost. */
  readonly id: string;
  /** The records of each job, oldest job first. */
  load(): Promise<JournalRecord[][]>;
  /** Resolves, in the order asked, once the record is safe. */
  append(jobId: string, record: JournalRecord): Promise<void>;
  forget(jobId: string): Promise<void>;
}

/** What a job's records add up to. */
export interface JournalledJob {
  work: Work;
  /** How often it was begun. */
  attempts: number;
  canceled: boolean;
  entries: Entry[];
  finished?: Finished;
}

export function journalledJob([accepted, ...rest]: JournalRecord[]): JournalledJob {
  if (accepted?.type !== "accepted") throw new Error("A journalled job begins with its acceptance");
  const job: JournalledJob = { work: accepted.work, attempts: 0, canceled: false, entries: [] };
  for (const record of rest) apply(job, record);
  return job;
}

export function apply(job: JournalledJob, record: JournalRecord) {
  if (record.type === "started") job.attempts++;
  if (record.type === "canceled") job.canceled = true;
  if (record.type === "entry") job.entries.push(record.entry);
  if (record.type === "finished") job.finished = record.finished;
}
