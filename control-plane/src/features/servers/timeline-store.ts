import { and, count, desc, eq, inArray, isNotNull, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { LinkReport } from "@appos/shared/agent-link";
import type { PageQuery } from "@appos/shared/envelope";
import type { TimelineEvent } from "@appos/shared/servers";
import type { Database, Statement } from "../../ports.ts";
import type { Line, News } from "./link-news.ts";
import { listedServer, servers, timeline } from "./schema.ts";

/** Each of them lasts until the next of them. */
const states: TimelineEvent[] = ["connected", "lost", "control-plane-restarted"];
const losses: TimelineEvent[] = ["lost", "control-plane-restarted"];

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
  const end = (serverId: string, at: number, what: TimelineEvent[]): Statement =>
    database
      .update(timeline)
      .set(ends(at))
      .where(and(of(serverId), inArray(timeline.what, what), lasting));
  const add = (serverId: string, line: Line): Statement[] => {
    const isState = states.includes(line.what);
    const insert = database.insert(timeline).values({ ...line, serverId, lasting: isState || line.what === "flapping" });
    return isState ? [end(serverId, line.at, states), insert] : [insert];
  };

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

    findMany: (ids: string[]) =>
      database
        .select(listedServer)
        .from(servers)
        .where(and(inArray(servers.id, ids), isNull(servers.removedAt))),
    /** Servers of which time has made news. */
    toTell: (now: number) =>
      database
        .select({ id: servers.id })
        .from(servers)
        .where(and(lte(servers.tellAt, now), isNull(servers.removedAt))),

    /** What some news makes of a server and its timeline, as parts of some batch. */
    statements: (serverId: string, { set, lines, short, steady }: News, now: number): Statement[] => [
      ...(Object.keys(set).length > 0 ? [database.update(servers).set(set).where(eq(servers.id, serverId))] : []),
      ...(steady ? [end(serverId, now, ["flapping"])] : []),
      ...(short
        ? [
            database
              .update(timeline)
              .set({ shortLosses: sql`${timeline.shortLosses} + 1` })
              .where(inArray(timeline.number, newest(serverId, states))),
          ]
        : []),
      ...lines.flatMap((line) => add(serverId, line)),
    ],

    /** The control plane has just started: every link ended with the one before, and none of that is news before `awayAt`. */
    restarted: (now: number, awayAt: number) =>
      database.batch([
        database
          .update(timeline)
          .set(ends(now))
          .where(
            and(
              inArray(timeline.serverId, database.select({ id: servers.id }).from(servers).where(linked)),
              inArray(timeline.what, states),
              lasting,
            ),
          ),
        database.run(
          sql`insert into ${timeline} ("serverId", "at", "what", "lasting") select "id", ${now}, 'control-plane-restarted', 1 from ${servers} where ${linked}`,
        ),
        // A loss that was not told yet waits as long: nobody could come back meanwhile.
        database.update(servers).set({ awayAt, tellAt: awayAt }).where(eq(servers.tellAt, servers.awayAt)),
        database.update(servers).set({ disconnectedAt: now, lostWhy: null, awayAt, tellAt: awayAt }).where(linked),
      ]),

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
