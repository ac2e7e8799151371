import { and, asc, count, desc, eq, getTableColumns, gt, inArray, isNotNull, ne, or, sql } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { JobState } from "@appos/shared/jobs";
import type { Database, Statement } from "../../ports.ts";
import { filled } from "../../prepared.ts";
import { entries, isOpen, isUntold, type Job, jobs } from "./schema.ts";

/** All of a job that a list needs: not what it was given and gave back, which is large. */
const { input: _, result: __, ...shown } = getTableColumns(jobs);

const { placeholder } = sql;
const openOnServer = sql`from jobs where serverId = ${placeholder("serverId")} and ${isOpen(jobs)}`;
/** `offered` where nothing waits, nothing of its lane runs, its server has a lane left, and no newer link is open; else `queued`. */
const offeredIfFree = sql`case when not exists (select 1 ${openOnServer} and (state = 'queued' or lane = ${placeholder("lane")}))
  and (select count(*) ${openOnServer}) < (select lanes from links where serverId = ${placeholder("serverId")} and epoch = ${placeholder("link")})
  then 'offered' else 'queued' end`;
/** What a job is given when it is asked for. */
const given = ["id", "serverId", "appId", "appName", "kind", "lane", "input", "by", "key", "fingerprint", "queuedAt"] as const;
type NewJob = Pick<Job, (typeof given)[number]>;

/** What people ask of jobs. What agents say of them is in `link-store.ts`. */
export function jobStore(database: Database) {
  const first = async (rows: Promise<Job[]>) => (await rows).at(0);
  // Prepared: to put such a query together takes longer than to ask it.
  const byId = database
    .select()
    .from(jobs)
    .where(eq(jobs.id, placeholder("id")))
    .prepare();
  const untold = database
    .select()
    .from(jobs)
    .where(and(eq(jobs.serverId, placeholder("serverId")), isUntold(jobs), isNotNull(jobs.endedAt)))
    .prepare();
  const openOfApp = database
    .select({ appId: jobs.appId, kind: jobs.kind })
    .from(jobs)
    .where(and(isOpen(jobs), eq(jobs.appId, placeholder("appId"))))
    .orderBy(asc(jobs.number))
    .prepare();
  const insert = database
    .insert(jobs)
    .values({ ...Object.fromEntries(given.map((column) => [column, placeholder(column)])), state: offeredIfFree } as never)
    .returning()
    .prepare();
  const supersede = database
    .update(jobs)
    .set({ state: "superseded", endedAt: sql`${placeholder("queuedAt")}` })
    .where(
      and(
        eq(jobs.serverId, placeholder("serverId")),
        eq(jobs.lane, placeholder("lane")),
        isOpen(jobs),
        eq(jobs.kind, placeholder("kind")),
        eq(jobs.state, "queued"),
        ne(jobs.id, placeholder("id")),
      ),
    )
    .prepare();
  const told = database
    .update(jobs)
    // It may hold secrets, which nobody needs any more.
    .set({ told: true, input: "" })
    .where(eq(jobs.id, placeholder("id")))
    .prepare();
  /** Of the apps of these projects. */
  const of = (within: string[] | undefined) =>
    within && sql`${jobs.appId} in (select id from apps where ${inArray(sql`apps.projectId`, within)})`;
  return {
    find: (id: string) => first(byId.all({ id })),
    findMany: (ids: string[]) => database.select(shown).from(jobs).where(inArray(jobs.id, ids)),
    findByKey: (key: string) => first(database.select().from(jobs).where(eq(jobs.key, key))),
    count: async (within?: string[]) => (await database.select({ n: count() }).from(jobs).where(of(within)))[0]!.n,
    list: ({ page, pageSize }: PageQuery, within?: string[]) =>
      database
        .select(shown)
        .from(jobs)
        .where(of(within))
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
    countOpen: async (within?: string[]) =>
      (
        await database
          .select({ n: count() })
          .from(jobs)
          .where(and(isOpen(jobs), of(within)))
      )[0]!.n,
    entries: (id: string, after: number, limit: number) =>
      database
        .select({ seq: entries.seq, at: entries.at, step: entries.step, stream: entries.stream, text: entries.text })
        .from(entries)
        .where(and(eq(entries.jobId, id), gt(entries.seq, after)))
        .orderBy(asc(entries.seq))
        .limit(limit),

    /** Writes a job and what belongs to it, all or nothing. It is offered at once where its lane is free and `link` is its server's newest. */
    async add(job: NewJob, alongside: Statement[], supersedes: boolean, link: number | undefined) {
      const inserted = filled(insert, { ...job, link: link ?? null });
      const [added] = await database.batch([inserted, ...(supersedes ? [filled(supersede, { ...job })] : []), ...alongside]);
      return (added as Job[])[0]!;
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
      const untold = and(isUntold(jobs), isNotNull(jobs.endedAt));
      const rows = await database.selectDistinct({ serverId: jobs.serverId }).from(jobs).where(or(waits, untold));
      return rows.map(({ serverId }) => serverId);
    },
    told: (id: string) => told.run({ id }),
  };
}
