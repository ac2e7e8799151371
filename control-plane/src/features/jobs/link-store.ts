import { and, asc, eq, exists, getTableColumns, gte, inArray, lt, max, or, sql } from "drizzle-orm";
import { type Entry, type JobState, openStates } from "@appos/shared/jobs";
import type { Stand } from "./offers.ts";
import type { Database } from "../../ports.ts";
import { filled } from "../../prepared.ts";
import { entries, isOpen, type Job, jobs, type Link, links, type ListedJob } from "./schema.ts";

const { input: _, result: __, ...withoutInput } = getTableColumns(jobs);
const utf8 = new TextEncoder();
const hasMoved = ({ job, state }: Stand) => job.state !== state;

/** What agents say of their jobs. Whatever comes over a link that is not the newest matches no row. */
export function linkStore(database: Database) {
  const { placeholder } = sql;
  const isNewest = exists(
    database
      .select({ epoch: links.epoch })
      .from(links)
      .where(and(eq(links.serverId, placeholder("serverId")), eq(links.epoch, placeholder("epoch")))),
  );
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
  // Prepared: to put such a query together takes longer than to ask it.
  const onServer = and(eq(jobs.serverId, placeholder("serverId")), isNewest);
  const unsettled = database
    .select(withoutInput)
    .from(jobs)
    .where(and(onServer, isOpen(jobs)))
    .orderBy(asc(jobs.number))
    .prepare();
  const headOfFreeLane = sql`${jobs.number} in (select min(number) from jobs where serverId = ${placeholder("serverId")} and ${isOpen(jobs)}
    group by lane having min(state = 'queued') order by 1 limit ${placeholder("lanes")})`;
  const next = database
    .select(withoutInput)
    .from(jobs)
    .where(and(onServer, isOpen(jobs), or(sql`${jobs.state} <> 'queued'`, headOfFreeLane)))
    .orderBy(asc(jobs.number))
    .prepare();
  const its = and(eq(jobs.id, placeholder("id")), onServer);

  const moves = new Map<string, ReturnType<typeof moveOf>>();
  /** The statement that changes these columns. */
  function moveOf(columns: string[]) {
    return database
      .update(jobs)
      .set(Object.fromEntries(columns.map((column) => [column, placeholder(column)])))
      .where(and(its, eq(jobs.state, placeholder("from")), gte(jobs.held, placeholder("atLeast"))))
      .returning()
      .prepare();
  }
  function preparedMove(columns: string[]) {
    const name = columns.join();
    const move = moves.get(name) ?? moveOf(columns);
    moves.set(name, move);
    return move;
  }

  const [from, to] = [placeholder("from"), placeholder("to")];
  // Where it is not these entries exactly that come in, their length is counted when it is needed.
  const exact = sql`${jobs.held} = ${from} - 1 and (${jobs.held} = 0 or ${jobs.logBytes} is not null)`;
  const holdTo = database
    .update(jobs)
    .set({
      held: sql`${to}`,
      logBytes: sql`case when ${exact} then coalesce(${jobs.logBytes}, 0) + ${placeholder("bytes")} end`,
    })
    .where(and(its, eq(jobs.state, "running"), sql`${from} - 1 <= ${jobs.held}`, sql`${jobs.held} < ${to}`))
    .returning({ id: jobs.id, state: jobs.state, held: jobs.held })
    .prepare();
  // Where nothing came in, these rows are there already, or must not be.
  const holdEntries = database
    .insert(entries)
    .select(
      sql`select ${placeholder("id")}, value->>'seq', value->>'at', value->>'step', value->>'stream', value->>'text' from json_each(${placeholder("said")})
        where exists (select 1 from ${jobs} where ${jobs.id} = ${placeholder("id")} and ${jobs.held} = ${to} and ${jobs.state} = 'running')`,
    )
    .onConflictDoNothing()
    .prepare();
  const isLink = ({ serverId, epoch }: Link) => and(eq(links.serverId, serverId), eq(links.epoch, epoch));

  return {
    /** The number of a socket just accepted. It fences nobody before its agent has proved itself. */
    async open(serverId: string): Promise<number> {
      const next = { target: links.serverId, set: { opened: sql`${links.opened} + 1` } };
      return (await database.insert(links).values({ serverId, opened: 1 }).onConflictDoUpdate(next).returning())[0]!.opened;
    },

    /** Makes a proven socket the link, which makes every older one stale. Gives back the journal agreed on before; nothing to a socket that is stale itself. */
    async prove({ serverId, epoch }: Link, lanes: number, holder: string | null): Promise<{ journal: string | null } | undefined> {
      const proven = database
        .update(links)
        .set({ epoch, lanes, holder })
        .where(and(eq(links.serverId, serverId), lt(links.epoch, epoch)));
      return (await proven.returning({ journal: links.journal })).at(0);
    },

    /** A server's jobs that have not ended, in the order asked for. */
    unsettled: ({ serverId, epoch }: Link): Promise<ListedJob[]> => unsettled.all({ serverId, epoch }),
    /** Those of them that its agent has been told of, and the first of as many free lanes as it has. */
    next: ({ serverId, epoch, lanes }: Link): Promise<ListedJob[]> => next.all({ serverId, epoch, lanes }),

    /** Puts each job where the journal says it stands, and remembers the journal. */
    agree: (link: Link, journal: string, stands: Stand[], now: number) =>
      database.batch([
        database.update(links).set({ journal }).where(isLink(link)),
        ...stands.filter(hasMoved).map(({ job, state, error }) =>
          database
            .update(jobs)
            .set({
              state,
              ...(error && { error }),
              ...(state === "queued" && { offers: sql`${jobs.offers} + 1` }),
              ...(state === "running" && { startedAt: sql`coalesce(${jobs.startedAt}, ${now})` }),
              ...(!openStates.includes(state) && { endedAt: now }),
            })
            .where(and(eq(jobs.id, job.id), eq(jobs.state, job.state), newest(link))),
        ),
      ]),

    /** Which of these jobs there are. */
    known: async (ids: string[]) =>
      ids.length === 0 ? [] : (await database.select({ id: jobs.id }).from(jobs).where(inArray(jobs.id, ids))).map(({ id }) => id),
    lastNumber: async () => (await database.select({ last: max(jobs.number) }).from(jobs))[0]!.last ?? 0,

    /** A job that is not here yet. Nothing where it has come meanwhile, or its lane is taken. */
    async adopt(link: Link, job: typeof jobs.$inferInsert): Promise<Job | undefined> {
      await database.insert(jobs).values(job).onConflictDoNothing();
      return (await asItIs(link, job.id)).at(0);
    },

    /** Offers these, once or again; gives back those that are, in the order asked for. */
    async offer(link: Link, heads: ListedJob[]) {
      const ids = heads.map(({ id }) => id);
      const given = and(inArray(jobs.id, ids), inArray(jobs.state, ["queued", "offered"]), newest(link));
      const offered = await database.update(jobs).set({ state: "offered" }).where(given).returning();
      return offered.sort((a, b) => a.number - b.number);
    },

    /** Moves a job on from `from`, if it is still there and so much of it is held; gives it back as it then is. */
    async move({ serverId, epoch }: Link, id: string, from: JobState, changes: Partial<typeof jobs.$inferInsert>, atLeast = 0) {
      const values = { serverId, epoch, id, from, ...changes, atLeast };
      return (await preparedMove(Object.keys(changes)).all(values)).at(0);
    },
    /** Nothing to a stale link. */
    asItIs: async (link: Link, id: string) => (await asItIs(link, id)).at(0),

    /** Stores entries that follow on what is held, each once. */
    async hold(link: Link, id: string, said: Entry[]): Promise<Pick<Job, "id" | "state" | "held"> | undefined> {
      const bytes = said.reduce((sum, { text }) => sum + utf8.encode(text).length + 1, 0);
      const values = { ...link, id, from: said[0]!.seq, to: said.at(-1)!.seq, bytes, said: JSON.stringify(said) };
      const [held] = await database.batch([filled(holdTo, values), filled(holdEntries, values)]);
      return (held as Pick<Job, "id" | "state" | "held">[])[0] ?? (await asItIs(link, id)).at(0);
    },
  };
}
