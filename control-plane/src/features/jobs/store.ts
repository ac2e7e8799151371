import { and, asc, count, desc, eq, getTableColumns, gt, inArray, isNotNull, ne, notInArray } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import { type JobState, openStates } from "@appos/shared/jobs";
import type { Database, Statement } from "../../ports.ts";
import { entries, type Job, jobs } from "./schema.ts";

/** All of a job that a list needs: not what it was given and gave back, which is large. */
const { input: _, result: __, ...shown } = getTableColumns(jobs);

/** What people ask of jobs. What agents say of them is in `link-store.ts`. */
export function jobStore(database: Database) {
  const first = async (rows: Promise<Job[]>) => (await rows).at(0);
  return {
    find: (id: string) => first(database.select().from(jobs).where(eq(jobs.id, id))),
    findMany: (ids: string[]) => database.select(shown).from(jobs).where(inArray(jobs.id, ids)),
    findByKey: (key: string) => first(database.select().from(jobs).where(eq(jobs.key, key))),
    count: async () => (await database.select({ n: count() }).from(jobs))[0]!.n,
    list: ({ page, pageSize }: PageQuery) =>
      database
        .select(shown)
        .from(jobs)
        .orderBy(desc(jobs.number))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    /** The open jobs of all apps, or of one. */
    openOfApps: (appId?: string) =>
      database
        .select({ appId: jobs.appId, kind: jobs.kind })
        .from(jobs)
        .where(and(inArray(jobs.state, openStates), appId === undefined ? isNotNull(jobs.appId) : eq(jobs.appId, appId)))
        .orderBy(asc(jobs.number)),
    countOpen: async () => (await database.select({ n: count() }).from(jobs).where(inArray(jobs.state, openStates)))[0]!.n,
    entries: (id: string, after: number, limit: number) =>
      database
        .select({ seq: entries.seq, at: entries.at, step: entries.step, stream: entries.stream, text: entries.text })
        .from(entries)
        .where(and(eq(entries.jobId, id), gt(entries.seq, after)))
        .orderBy(asc(entries.seq))
        .limit(limit),

    /** Writes a job and what belongs to it, all or nothing. */
    async add(job: typeof jobs.$inferInsert, alongside: Statement[], supersedes: boolean) {
      const older = and(
        eq(jobs.serverId, job.serverId),
        eq(jobs.lane, job.lane),
        eq(jobs.kind, job.kind),
        eq(jobs.state, "queued"),
        ne(jobs.id, job.id),
      );
      const supersede = database.update(jobs).set({ state: "superseded", endedAt: job.queuedAt }).where(older);
      const insert = database.insert(jobs).values(job).returning();
      const [[added]] = await database.batch([insert, ...(supersedes ? [supersede] : []), ...alongside]);
      return added!;
    },

    /** Ends a queued job; notes the wish on one that its agent may have begun. */
    cancel(id: string, now: number): [Statement, Statement] {
      const job = (...states: JobState[]) => and(eq(jobs.id, id), inArray(jobs.state, states));
      return [
        database.update(jobs).set({ cancelAskedAt: now }).where(job("offered", "running")),
        database.update(jobs).set({ state: "canceled", cancelAskedAt: now, endedAt: now }).where(job("queued")),
      ];
    },

    untold: (serverId: string) =>
      database
        .select()
        .from(jobs)
        .where(and(eq(jobs.serverId, serverId), eq(jobs.told, false), notInArray(jobs.state, openStates))),
    serversUntold: async () =>
      (
        await database
          .selectDistinct({ serverId: jobs.serverId })
          .from(jobs)
          .where(and(eq(jobs.told, false), notInArray(jobs.state, openStates)))
      ).map(({ serverId }) => serverId),
    told: (id: string) => database.update(jobs).set({ told: true }).where(eq(jobs.id, id)),
  };
}
