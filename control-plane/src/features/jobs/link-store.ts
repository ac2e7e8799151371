import { and, asc, eq, exists, getTableColumns, gte, inArray, lt, lte, or, sql } from "drizzle-orm";
import { type Entry, type JobState, openStates } from "@appos/shared/jobs";
import type { Database } from "../../ports.ts";
import { entries, jobs, type Link, links, type ListedJob } from "./schema.ts";

const { input: _, result: __, ...withoutInput } = getTableColumns(jobs);

/** What agents say of their jobs. Whatever comes over a link that is not the newest matches no row. */
export function linkStore(database: Database) {
  /** Holds while no newer link is open. */
  const newest = ({ serverId, epoch }: Link) =>
    exists(
      database
        .select()
        .from(links)
        .where(and(eq(links.serverId, serverId), eq(links.epoch, epoch))),
    );
  const ofLink = (link: Link, id: string) => and(eq(jobs.id, id), eq(jobs.serverId, link.serverId), newest(link));
  const asItIs = (link: Link, id: string) => database.select().from(jobs).where(ofLink(link, id));
  const isLink = ({ serverId, epoch }: Link) => and(eq(links.serverId, serverId), eq(links.epoch, epoch));

  return {
    /** The number of a socket just accepted. It fences nobody before its agent has proved itself. */
    async open(serverId: string): Promise<number> {
      const next = { target: links.serverId, set: { opened: sql`${links.opened} + 1` } };
      return (await database.insert(links).values({ serverId, opened: 1 }).onConflictDoUpdate(next).returning())[0]!.opened;
    },

    /** Makes a proven socket the link, which makes every older one stale. Gives back the journal agreed on before; nothing to a socket that is stale itself. */
    async prove({ serverId, epoch }: Link): Promise<{ journal: string | null } | undefined> {
      const proven = database
        .update(links)
        .set({ epoch })
        .where(and(eq(links.serverId, serverId), lt(links.epoch, epoch)));
      return (await proven.returning({ journal: links.journal })).at(0);
    },

    /** A server's jobs that have not ended, in the order asked for. */
    unsettled: (link: Link) =>
      database
        .select(withoutInput)
        .from(jobs)
        .where(and(eq(jobs.serverId, link.serverId), inArray(jobs.state, openStates), newest(link)))
        .orderBy(asc(jobs.number)),

    /** Puts each job where the journal says it stands, and remembers the journal. */
    agree: (link: Link, journal: string, stands: Map<JobState, ListedJob[]>, now: number) =>
      database.batch([
        database.update(links).set({ journal }).where(isLink(link)),
        ...[...stands].map(([state, group]) =>
          database
            .update(jobs)
            .set({
              state,
              ...(state === "running" && { startedAt: sql`coalesce(${jobs.startedAt}, ${now})` }),
              ...(!openStates.includes(state) && { endedAt: now }),
            })
            .where(
              and(
                inArray(
                  jobs.id,
                  group.map(({ id }) => id),
                ),
                inArray(jobs.state, openStates),
                newest(link),
              ),
            ),
        ),
      ]),

    /** Offers these, and gives back every job that its agent has been offered, or should stop. */
    async offer(link: Link, heads: ListedJob[]) {
      const queued = and(
        inArray(
          jobs.id,
          heads.map(({ id }) => id),
        ),
        eq(jobs.state, "queued"),
        newest(link),
      );
      const running = and(eq(jobs.state, "running"), sql`${jobs.cancelAskedAt} is not null`);
      const given = and(eq(jobs.serverId, link.serverId), or(eq(jobs.state, "offered"), running), newest(link));
      const [, rows] = await database.batch([
        database.update(jobs).set({ state: "offered" }).where(queued),
        database.select().from(jobs).where(given).orderBy(asc(jobs.number)),
      ]);
      return rows;
    },

    /** Moves a job on from `from`, if it is still there; gives it back as it then is, or nothing to a stale link. */
    async move(link: Link, id: string, from: JobState, changes: Partial<typeof jobs.$inferInsert>, atLeast = 0) {
      const move = database
        .update(jobs)
        .set(changes)
        .where(and(ofLink(link, id), eq(jobs.state, from), gte(jobs.held, atLeast)));
      return (await database.batch([move, asItIs(link, id)]))[1].at(0);
    },

    /** Stores entries that follow on what is held, each once. */
    async hold(link: Link, id: string, said: Entry[]) {
      const [from, to] = [said[0]!.seq, said.at(-1)!.seq];
      const follows = and(ofLink(link, id), eq(jobs.state, "running"), lte(sql`${from} - 1`, jobs.held), lt(jobs.held, to));
      // Where nothing was held, these rows are there already or must not come in.
      const rows = sql`select ${id}, value->>'seq', value->>'at', value->>'step', value->>'stream', value->>'text' from json_each(${JSON.stringify(said)})
        where exists (select 1 from ${jobs} where ${jobs.id} = ${id} and ${jobs.held} >= ${to})`;
      const [, , [job]] = await database.batch([
        database.update(jobs).set({ held: to }).where(follows),
        database.insert(entries).select(rows).onConflictDoNothing(),
        asItIs(link, id),
      ]);
      return job;
    },
  };
}
