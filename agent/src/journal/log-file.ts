import type { Disk } from "./disk.ts";
import { readLines } from "./lines.ts";
import { accepted, apply, type JournalledJob, LogRecord, type Seen } from "./records.ts";

export interface FoundLog {
  /** Undefined where there was no journal, or a part of it is lost: what it does not hold may have been done all the same. */
  id: string | undefined;
  seen: Seen | undefined;
  fences: Map<string, number>;
  /** By id, oldest first. */
  jobs: Map<string, JournalledJob>;
  bytes: number;
  whole: boolean;
}

/** Reads the log. What is spoiled before its end is kept aside. */
export async function readLog(disk: Disk): Promise<FoundLog> {
  const { raw, bytes, records } = await readLines(disk, "log", recordOf);
  const found: FoundLog = { id: undefined, seen: undefined, fences: new Map(), jobs: new Map(), bytes, whole: true };
  for (const record of records) if (record) take(found, record);
  const spoiled = records.includes(undefined);
  if (spoiled) {
    await disk.remove("log.bad");
    await disk.append("log.bad", raw);
  }
  return spoiled ? withoutTrust(found) : { ...found, whole: found.id !== undefined };
}

/** A line that is whole, and says what nobody here understands, was written by a newer agent: what it means must not be guessed. */
function recordOf(value: unknown): LogRecord | undefined {
  if (value === undefined) return undefined;
  const { data, error } = LogRecord.safeParse(value);
  if (error) throw new Error("This server's journal was written by a newer agent. Install that one again, or a newer one still.");
  return data;
}

function take(found: FoundLog, said: LogRecord) {
  if ("journal" in said) found.id = said.journal;
  else if ("fences" in said) found.fences = new Map(Object.entries(said.fences));
  else if ("seen" in said) {
    if (found.seen?.incarnation !== said.seen.incarnation) found.fences.clear();
    found.seen = said.seen;
  } else if (said.record.type === "accepted") {
    const { work } = said.record;
    found.jobs.set(said.job, accepted(work));
    found.fences.set(work.lane, Math.max(found.fences.get(work.lane) ?? 0, work.number));
  } else if (said.record.type === "forgotten") found.jobs.delete(said.job);
  else {
    const job = found.jobs.get(said.job);
    if (job) apply(job, said.record);
  }
}

/** A record that is lost may have said that a job was begun, or was done. */
function withoutTrust({ jobs, bytes, seen }: FoundLog): FoundLog {
  for (const job of jobs.values()) if (!job.finished) job.attempts = Math.max(job.attempts, 1);
  return { id: undefined, seen, fences: new Map(), jobs, bytes, whole: false };
}
