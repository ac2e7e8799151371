import { and, asc, count, desc, eq, getTableColumns, gt, inArray, isNotNull, ne, notInArray, or, sql } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import { type JobState, openStates } from "@appos/shared/jobs";
import type { Database, Statement } from "../../ports.ts";
import { entries, isOpen, isUntold, type Job, jobs } from "./schema.ts";

/** All of a job that a list needs: not what it was given and gave back, which is large. */
const { input: _, result: __, ...shown } = getTableColumns(jobs);

/** `offered` where nothing of its lane waits or runs, its server has a lane left, and no newer link is open; else `queued`. */
const offeredIfFree = ({ serverId, lane }: Pick<Job, "serverId" | "lane">, link: number) => {
  const open = sql`from jobs where serverId = ${serverId} and ${isOpen(jobs)}`;
  return sql`case when not exists (select 1 ${open} and lane = ${lane})
    and (select count(distinct lane) ${open}) < (select lanes from links where serverId = ${serverId} and epoch = ${link})
    then 'offered' else 'queued' end`;
};

/** What people ask of jobs. What agents say of them is in `link-store.ts`. */
export function jobStore(database: Database) {
  const first = async (rows: Promise<Job[]>) => (await rows).at(0);
  // Prepared: to put such a query together takes longer than to ask it.
  const byId = database
    .select()
    .from(jobs)
    .where(eq(jobs.id, sql.placeholder("id")))
    .prepare();
  const untold = database
    .select()
    .from(jobs)
    .where(and(eq(jobs.serverId, sql.placeholder("serverId")), isUntold(jobs), notInArray(jobs.state, openStates)))
    .prepare();
  const openOfApp = database
    .select({ appId: jobs.appId, kind: jobs.kind })
    .from(jobs)
    .where(and(isOpen(jobs), eq(jobs.appId, sql.placeholder("appId"))))
    .orderBy(asc(jobs.number))
    .prepare();
  return {
    find: (id: string) => first(byId.all({ id })),
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
      appId !== undefined
        ? openOfApp.all({ appId })
        : database
            .select({ appId: jobs.appId, kind: jobs.kind })
            .from(jobs)
            .where(and(isOpen(jobs), isNotNull(jobs.appId)))
            .orderBy(asc(jobs.number)),
    countOpenByState: () => database.select({ state: jobs.state, n: count() }).from(jobs).where(isOpen(jobs)).groupBy(jobs.state),
    countOpen: async () => (await database.select({ n: count() }).from(jobs).where(isOpen(jobs)))[0]!.n,
    entries: (id: string, after: number, limit: number) =>
      database
        .select({ seq: entries.seq, at: entries.at, step: entries.step, stream: entries.stream, text: entries.text })
        .from(entries)
        .where(and(eq(entries.jobId, id), gt(entries.seq, after)))
        .orderBy(asc(entries.seq))
        .limit(limit),

    /** Writes a job and what belongs to it, all or nothing. It is offered at once where its lane is free and `link` is its server's newest. */
    async add(job: typeof jobs.$inferInsert, alongside: Statement[], supersedes: boolean, link: number | undefined) {
      const ofLane = and(eq(jobs.serverId, job.serverId), eq(jobs.lane, job.lane), isOpen(jobs));
      const supersede = database
        .update(jobs)
        .set({ state: "superseded", endedAt: job.queuedAt })
        .where(and(ofLane, eq(jobs.kind, job.kind), eq(jobs.state, "queued"), ne(jobs.id, job.id)));
      const insert = database
        .insert(jobs)
        .values(link === undefined ? job : { ...job, state: offeredIfFree(job, link) as never })
        .returning();
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

    untold: (serverId: string): Promise<Job[]> => untold.all({ serverId }),
    serversWithWork: async () => {
      const waits = and(isOpen(jobs), or(inArray(jobs.state, ["queued", "offered"]), isNotNull(jobs.cancelAskedAt)));
      const untold = and(isUntold(jobs), notInArray(jobs.state, openStates));
      const rows = await database.selectDistinct({ serverId: jobs.serverId }).from(jobs).where(or(waits, untold));
      return rows.map(({ serverId }) => serverId);
    },
    told: (id: string) => database.update(jobs).set({ told: true }).where(eq(jobs.id, id)),
  };
}
