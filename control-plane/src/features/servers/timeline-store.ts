import { and, count, desc, eq, inArray, isNotNull, isNull, lt, lte, or, type SQL, sql } from "drizzle-orm";
import type { LinkReport } from "@appos/shared/agent-link";
import type { PageQuery } from "@appos/shared/envelope";
import type { TimelineEvent } from "@appos/shared/servers";
import type { Database, Statement } from "../../ports.ts";
import type { Line, News } from "./link-news.ts";
import { leases, type LinkedServer, listedServer, servers, timeline } from "./schema.ts";

/** Each of them lasts until the next of them. */
const states: TimelineEvent[] = ["connected", "lost", "control-plane-restarted"];
const losses: TimelineEvent[] = ["lost", "control-plane-restarted"];

/** What news is made of. */
const standing = ["connectedAt", "disconnectedAt", "lostWhy", "awayAt", "tellAt", "losses", "flappingSince"] as const;

/** What is kept of servers' links, and of what became of them. */
export function timelineStore(database: Database) {
  const of = (serverId: string) => eq(timeline.serverId, serverId);
  const linked = and(isNotNull(servers.connectedAt), isNull(servers.disconnectedAt), isNull(servers.removedAt));
  const newest = (serverId: string, what: TimelineEvent[]) =>
    database
      .select({ number: timeline.number })
      .from(timeline)
      .where(and(of(serverId), inArray(timeline.what, what)))
      .orderBy(desc(timeline.number))
      .limit(1);
  // Said as the index says it, or it would not be used.
  const lasting = sql`${timeline.lasting} = 1`;
  const ends = (at: number) => ({ lasting: false, lastedMs: sql`max(0, ${at} - ${timeline.at})` });
  const end = (serverId: string, at: number, what: TimelineEvent[], only?: SQL): Statement =>
    database
      .update(timeline)
      .set(ends(at))
      .where(and(of(serverId), inArray(timeline.what, what), lasting, only));
  const addIf = (only: SQL, serverId: string, { at, what, why = null, address = null }: Line): Statement[] => {
    const isState = states.includes(what);
    const values = sql`${serverId}, ${at}, ${what}, ${why}, ${address}, ${isState || what === "flapping" ? 1 : 0}`;
    const columns = sql`"serverId", "at", "what", "why", "address", "lasting"`;
    const insert = database.run(sql`insert into ${timeline} (${columns}) select ${values} where ${only}`);
    return isState ? [end(serverId, at, states, only), insert] : [insert];
  };
  const add = (serverId: string, line: Line) => addIf(sql`1`, serverId, line);
  /** It is as it was read: whoever else tells of it meanwhile, another process perhaps, has it told anew. */
  const stillSo = ({ id, link, ...row }: LinkedServer): SQL => {
    const same = standing.map((column) => sql`${servers[column]} is ${column === "losses" ? JSON.stringify(row.losses) : row[column]}`);
    const isNewest = link === null ? [] : [sql`exists (select 1 from "links" where "serverId" = ${id} and "epoch" = ${link})`];
    return sql`exists (select 1 from ${servers} where ${and(eq(servers.id, id), ...same)}) and ${and(sql`1`, ...isNewest)}`;
  };
  /** A process that shares the database with others held its link, and has ended. */
  const orphaned = sql`exists (select 1 from "links" where "links"."serverId" = ${servers.id} and "holder" is not null and "holder" not in (select ${leases.id} from ${leases}))`;
  /** Nobody held it: there was one process, which has ended. */
  const unheld = sql`not exists (select 1 from "links" where "links"."serverId" = ${servers.id} and "holder" is not null)`;
  const links = { all: undefined, orphaned, "orphaned or unheld": or(orphaned, unheld) };

  return {
    count: async (serverId: string) => (await database.select({ n: count() }).from(timeline).where(of(serverId)))[0]!.n,
    list: (serverId: string, { page, pageSize }: PageQuery) =>
      database
        .select()
        .from(timeline)
        .where(of(serverId))
        .orderBy(desc(timeline.number))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    add,
    /** The same, unless there has been such a line since then. */
    addRarely: (serverId: string, line: Line, since: number): Statement[] =>
      addIf(
        sql`not exists (select 1 from ${timeline} where "serverId" = ${serverId} and "what" = ${line.what} and "at" > ${since})`,
        serverId,
        line,
      ),
    /** The last that is known for certain of a server's link before the one it has: when it was opened, or lost. */
    async lastLink(serverId: string): Promise<number | undefined> {
      const [newest, before] = await database
        .select({ what: timeline.what, at: timeline.at })
        .from(timeline)
        .where(and(of(serverId), inArray(timeline.what, ["connected", "lost"])))
        .orderBy(desc(timeline.number))
        .limit(2);
      return (newest?.what === "connected" ? before : newest)?.at;
    },

    /** Servers, each with the number of its newest link. */
    findMany: (ids: string[]): Promise<LinkedServer[]> =>
      database
        .select({ ...listedServer, link: sql<number | null>`(select "epoch" from "links" where "links"."serverId" = ${servers.id})` })
        .from(servers)
        .where(and(inArray(servers.id, ids), isNull(servers.removedAt))),
    /** Servers of which time has made news. */
    toTell: (now: number) =>
      database
        .select({ id: servers.id })
        .from(servers)
        .where(and(lte(servers.tellAt, now), isNull(servers.removedAt))),

    /**
     * What some news makes of a server and its timeline, as parts of some batch: nothing where it is another than it was, or its link
     * is. The last part gives it back where it is made.
     */
    statements: (server: LinkedServer, { set, lines, short, steady }: News, now: number): Statement[] => {
      if (Object.keys(set).length === 0) return [];
      const { id } = server;
      const still = stillSo(server);
      return [
        ...(steady ? [end(id, now, ["flapping"], still)] : []),
        ...(short
          ? [
              database
                .update(timeline)
                .set({ shortLosses: sql`${timeline.shortLosses} + 1` })
                .where(and(inArray(timeline.number, newest(id, states)), still)),
            ]
          : []),
        ...lines.flatMap((line) => addIf(still, id, line)),
        database
          .update(servers)
          .set(set)
          .where(and(eq(servers.id, id), still))
          .returning({ id: servers.id }),
      ];
    },

    /** Whether there are links that ended with the process that held them. */
    anyOrphaned: async () => (await database.select({ id: servers.id }).from(servers).where(and(linked, orphaned)).limit(1)).length > 0,
    /**
     * The control plane, or one process of it, has ended: links ended with it, and none of that is news before `awayAt`. `before`: what
     * shows which these are. Gives back whose links these were.
     */
    async ended(which: keyof typeof links, now: number, awayAt: number, before: Statement[] = []): Promise<string[]> {
      const its = links[which];
      const [first, ...more]: [Statement, ...Statement[]] = [
        database
          .update(timeline)
          .set(ends(now))
          .where(
            and(
              inArray(timeline.serverId, database.select({ id: servers.id }).from(servers).where(and(linked, its))),
              inArray(timeline.what, states),
              lasting,
            ),
          ),
        database.run(
          sql`insert into ${timeline} ("serverId", "at", "what", "lasting") select "id", ${now}, 'control-plane-restarted', 1 from ${servers} where ${and(linked, its)}`,
        ),
        // A loss that was not told yet waits as long: nobody could come back meanwhile.
        database
          .update(servers)
          .set({ awayAt, tellAt: awayAt })
          .where(and(eq(servers.tellAt, servers.awayAt), its)),
        database
          .update(servers)
          .set({ disconnectedAt: now, lostWhy: null, awayAt, tellAt: awayAt })
          .where(and(linked, its))
          .returning({ id: servers.id }),
      ];
      const [head = first, ...rest] = [...before, first];
      const results: unknown[] = await database.batch([head, ...rest, ...more]);
      return (results.at(-1) as { id: string }[]).map(({ id }) => id);
    },

    setLife: (serverId: string, { life, boot }: LinkReport): Statement =>
      database.update(servers).set({ agentLife: life, hostBoot: boot }).where(eq(servers.id, serverId)),
    /** The agent's own account goes to the loss that it is about; of a short one, to the line since when the server is connected. */
    agentWhy: (serverId: string, agentWhy: string, wasShort: boolean): Statement =>
      database
        .update(timeline)
        .set({ agentWhy })
        .where(inArray(timeline.number, newest(serverId, wasShort ? states : losses))),

    /** Leaves a server's newest lines, so many of them at most. */
    trim: (serverId: string, keep: number, before: number) =>
      database
        .delete(timeline)
        .where(
          and(
            of(serverId),
            or(
              lt(timeline.at, before),
              lt(
                timeline.number,
                sql`(select "number" from ${timeline} where "serverId" = ${serverId} order by "number" desc limit 1 offset ${keep - 1})`,
              ),
            ),
          ),
        ),
    batch: (statements: [Statement, ...Statement[]]) => database.batch(statements),
  };
}
