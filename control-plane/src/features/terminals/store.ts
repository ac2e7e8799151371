import { and, count, desc, eq, gte, inArray, isNotNull, isNull, lt, notInArray, sql } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { TerminalExit } from "@appos/shared/terminals";
import type { Database, Statement } from "../../ports.ts";
import { type TerminalRow, terminals, terminalTickets, type TicketRow } from "./schema.ts";

const isOpen = isNull(terminals.endedAt);
type NewTerminal = Omit<TerminalRow, "startedAt" | "endedAt" | "why">;
const openOf = (userId: string) => sql<number>`(select count(*) from terminals join servers on servers.id = terminals.serverId
  where terminals.userId = ${userId} and terminals.endedAt is null and servers.connectedAt is not null and servers.disconnectedAt is null)`;

export function terminalStore(database: Database) {
  const onServer = (serverId: string) => eq(terminals.serverId, serverId);
  return {
    find: async (id: string): Promise<TerminalRow | undefined> =>
      (await database.select().from(terminals).where(eq(terminals.id, id))).at(0),
    list: (serverId: string, { page, pageSize }: PageQuery) =>
      database
        .select()
        .from(terminals)
        .where(onServer(serverId))
        .orderBy(desc(terminals.id))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    count: async (serverId: string) => (await database.select({ n: count() }).from(terminals).where(onServer(serverId)))[0]!.n,
    anyOpenOn: async (serverId: string) =>
      (
        await database
          .select({ id: terminals.id })
          .from(terminals)
          .where(and(onServer(serverId), isOpen))
          .limit(1)
      ).length > 0,
    /** How many of a user's are open. Those of a server that is away count for nothing: nobody can end them now. */
    countOpenOf: async (userId: string) => (await database.select({ n: openOf(userId) }).from(sql`(select 1)`))[0]!.n,
    /** Every one that is open, on one server or on all. */
    allOpen: (serverId?: string): Promise<TerminalRow[]> =>
      database
        .select()
        .from(terminals)
        .where(and(isOpen, serverId === undefined ? undefined : onServer(serverId))),

    insertTicket: (ticket: TicketRow) => database.insert(terminalTickets).values(ticket),
    /** Uses a ticket up: exactly one of those who try at once gets it, and whoever comes too late nothing. */
    takeTicket: async (hash: string, now: number): Promise<TicketRow | undefined> =>
      (
        await database
          .delete(terminalTickets)
          .where(and(eq(terminalTickets.hash, hash), gte(terminalTickets.expiresAt, now)))
          .returning()
      ).at(0),
    dropTickets: (before: number) => database.delete(terminalTickets).where(lt(terminalTickets.expiresAt, before)),

    /** Writes down that one is opened, where its user has fewer than so many open; false where not. */
    async insertBelow(most: number, { id, serverId, target, userId, by, address, epoch, openedAt }: NewTerminal): Promise<boolean> {
      const row = sql`select ${id}, ${serverId}, ${JSON.stringify(target)}, ${userId}, ${by}, ${address}, ${epoch}, ${openedAt}, null, null, null
        where ${openOf(userId)} < ${most}`;
      return (await database.insert(terminals).select(row).returning({ id: terminals.id })).length > 0;
    },
    asked: (id: string, epoch: number) => database.update(terminals).set({ epoch }).where(eq(terminals.id, id)),
    started: (serverId: string, ids: string[], startedAt: number): Statement =>
      database
        .update(terminals)
        .set({ startedAt })
        .where(and(onServer(serverId), inArray(terminals.id, ids), isNull(terminals.startedAt))),
    ended: (serverId: string, id: string, why: string, endedAt: number): Statement =>
      database
        .update(terminals)
        .set({ why, endedAt })
        .where(and(onServer(serverId), eq(terminals.id, id), isOpen)),
    /** Those that had begun over an earlier link, and are not among the ones still open. */
    endedMeanwhile: (serverId: string, open: string[], epoch: number, end: { why: TerminalExit["why"]; endedAt: number }): Statement =>
      database
        .update(terminals)
        .set(end)
        .where(and(onServer(serverId), isOpen, isNotNull(terminals.startedAt), lt(terminals.epoch, epoch), notInArray(terminals.id, open))),
    /** Those that never began. */
    neverBegan: (before: number, end: { why: string; endedAt: number }) =>
      database
        .update(terminals)
        .set(end)
        .where(and(isOpen, isNull(terminals.startedAt), lt(terminals.openedAt, before))),
    endedWithServer: (end: { why: string; endedAt: number }) =>
      database
        .update(terminals)
        .set(end)
        .where(and(isOpen, sql`exists (select 1 from servers where servers.id = ${terminals.serverId} and servers.removedAt is not null)`)),
    /** Deletes those that ended before, so many of them at most. */
    forget: (before: number, limit: number) =>
      database
        .delete(terminals)
        .where(
          inArray(
            terminals.id,
            database
              .select({ id: terminals.id })
              .from(terminals)
              .where(lt(terminals.endedAt, before))
              .orderBy(terminals.endedAt)
              .limit(limit),
          ),
        ),
    batch: (statements: [Statement, ...Statement[]]) => database.batch(statements),
  };
}
