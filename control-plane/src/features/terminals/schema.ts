import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { TerminalTarget } from "@appos/shared/terminals";

/** Every terminal that somebody has asked for: written before its server hears of it, and kept for whoever looks back. */
export const terminals = sqliteTable(
  "terminals",
  {
    id: text().primaryKey(),
    serverId: text().notNull(),
    target: text({ mode: "json" }).$type<TerminalTarget>().notNull(),
    userId: text().notNull(),
    by: text().notNull(),
    address: text().notNull(),
    /** The link over which its server was asked for it last. */
    epoch: integer().notNull(),
    openedAt: integer().notNull(),
    /** Its server has said that it is there. */
    startedAt: integer(),
    endedAt: integer(),
    why: text(),
  },
  (row) => [
    index("terminals_server").on(row.serverId, row.id),
    index("terminals_open")
      .on(row.serverId, row.userId)
      .where(sql`${row.endedAt} is null`),
    index("terminals_ended").on(row.endedAt),
  ],
);

/** What lets one socket in: gone when it is used. Only its SHA-256 is stored. */
export const terminalTickets = sqliteTable("terminalTickets", {
  hash: text().primaryKey(),
  terminalId: text().notNull(),
  serverId: text().notNull(),
  target: text({ mode: "json" }).$type<TerminalTarget>().notNull(),
  userId: text().notNull(),
  by: text().notNull(),
  address: text().notNull(),
  /** The session or token by which it was asked for. */
  credential: text().notNull(),
  expiresAt: integer().notNull(),
});

export type TerminalRow = typeof terminals.$inferSelect;
export type TicketRow = typeof terminalTickets.$inferSelect;
