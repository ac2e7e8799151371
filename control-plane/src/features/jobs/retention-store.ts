import { and, asc, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Database, Statement } from "../../ports.ts";
import { entries, hasLog, isOver, jobs, logGoes } from "./schema.ts";

/** Where a walk through jobs that have ended has come to; they are walked from the one that is over longest. */
export interface Place {
  endedAt: number;
  number: number;
}
export interface Ended extends Place {
  id: string;
  logBytes: number;
  /** Its log is kept, or on its way out. */
  hasEntries: boolean;
}

/** What retention asks of jobs. Each of it is small, whatever has come together over the years. */
export function retentionStore(database: Database) {
  const beyond = ({ endedAt, number }: Place) => sql`(${jobs.endedAt}, ${jobs.number}) > (${endedAt}, ${number})`;
  const columns = {
    id: jobs.id,
    number: jobs.number,
    endedAt: sql<number>`${jobs.endedAt}`,
    logBytes: sql<number>`coalesce(${jobs.logBytes}, 0)`,
    hasEntries: sql<boolean>`(${hasLog(jobs)}) or (${logGoes(jobs)})`.mapWith(Boolean),
  };
  const inOrder = [asc(jobs.endedAt), asc(jobs.number)];

  return {
    /** Jobs whose log is kept, and that ended before. */
    withLog: (after: Place, before: number, limit: number): Promise<Ended[]> =>
      database
        .select(columns)
        .from(jobs)
        .where(and(hasLog(jobs), beyond(after), lt(jobs.endedAt, before)))
        .orderBy(...inOrder)
        .limit(limit),
    /** Jobs that ended before, and whose end everybody has heard of. */
    ended: (after: Place, before: number, limit: number): Promise<Ended[]> =>
      database
        .select(columns)
        .from(jobs)
        .where(and(isOver(jobs), beyond(after), lt(jobs.endedAt, before)))
        .orderBy(...inOrder)
        .limit(limit),
    /** How much the logs have that are kept, job by job; null where nobody has weighed one. */
    weights: (after: Place, limit: number) =>
      database
        .select({ number: jobs.number, endedAt: columns.endedAt, logBytes: jobs.logBytes })
        .from(jobs)
        .where(and(hasLog(jobs), beyond(after)))
        .orderBy(...inOrder)
        .limit(limit),
    idOf: async (number: number) => (await database.select({ id: jobs.id }).from(jobs).where(eq(jobs.number, number)))[0]!.id,
    /** The bytes of some of a job's entries, and the number of the last of these. */
    async weighed(id: string, after: number, limit: number) {
      const some = database
        .select({ seq: entries.seq, bytes: sql<number>`length(cast(${entries.text} as blob))`.as("bytes") })
        .from(entries)
        .where(and(eq(entries.jobId, id), sql`${entries.seq} > ${after}`))
        .orderBy(asc(entries.seq))
        .limit(limit)
        .as("some");
      const sum = { bytes: sql<number>`coalesce(sum(${some.bytes}), 0)`, last: sql<number | null>`max(${some.seq})` };
      return (await database.select(sum).from(some))[0]!;
    },
    setLogBytes: (id: string, logBytes: number) => database.update(jobs).set({ logBytes }).where(eq(jobs.id, id)),

    /** From now on these logs are gone for everybody. */
    removeLogs: (ids: string[], logRemovedAt: number) =>
      database
        .update(jobs)
        .set({ logRemovedAt })
        .where(and(inArray(jobs.id, ids), isNull(jobs.logRemovedAt))),
    /** A job whose log is gone for everybody, and whose entries are still there. */
    going: async () => (await database.select({ id: jobs.id }).from(jobs).where(logGoes(jobs)).limit(1)).at(0),
    /** Deletes some of a job's entries; whether there were any. */
    async deleteEntries(id: string, limit: number): Promise<boolean> {
      const last = sql`(select min(${entries.seq}) + ${limit - 1} from ${entries} where ${entries.jobId} = ${id})`;
      const gone = database.delete(entries).where(and(eq(entries.jobId, id), sql`${entries.seq} <= ${last}`));
      return (await gone.returning({ seq: entries.seq })).length > 0;
    },
    /** Deletes jobs that have no entries any more, and what belongs to them: all or nothing. */
    async deleteJobs(ids: string[], alongside: Statement[]) {
      const gone: Statement = database.delete(jobs).where(inArray(jobs.id, ids));
      const [first = gone, ...more] = [...alongside, gone];
      await database.batch([first, ...more]);
    },
  };
}
