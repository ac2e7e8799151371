import { getTableColumns, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ServerFacts, TimelineEvent } from "@appos/shared/servers";

export const servers = sqliteTable(
  "servers",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    addedAt: integer().notNull(),
    /** Of its agent: Ed25519, raw, base64url. Null until it has enrolled. */
    publicKey: text(),
    facts: text({ mode: "json" }).$type<ServerFacts>(),
    /** When its agent's link was opened, and when it was lost; null while it is open. */
    connectedAt: integer(),
    disconnectedAt: integer(),
    /** Why it was lost; null where the control plane itself was away. */
    lostWhy: text(),
    /** From when on that it is lost is news: one that is open again before was never away. */
    awayAt: integer(),
    /** When time alone makes news of it next; null where it does not. */
    tellAt: integer(),
    /** When it was lost, the last few times; and since when that is too often. */
    losses: text({ mode: "json" }).$type<number[]>().notNull().default([]),
    flappingSince: integer(),
    /** As its agent last named them: this run of the agent, and of its host. */
    agentLife: text(),
    hostBoot: text(),
    removedAt: integer(),
  },
  (server) => [
    uniqueIndex("servers_name")
      .on(server.name)
      .where(sql`${server.removedAt} is null`),
    index("servers_to_tell")
      .on(server.tellAt)
      .where(sql`${server.tellAt} is not null`),
  ],
);

/** What became of each server's link, in the order in which it was told. */
export const timeline = sqliteTable(
  "timeline",
  {
    number: integer().primaryKey({ autoIncrement: true }),
    serverId: text()
      .notNull()
      .references(() => servers.id),
    at: integer().notNull(),
    what: text().$type<TimelineEvent>().notNull(),
    why: text(),
    agentWhy: text(),
    address: text(),
    lastedMs: integer(),
    /** It has a length, and has not come to its end. */
    lasting: integer({ mode: "boolean" }).notNull(),
    shortLosses: integer().notNull().default(0),
  },
  (row) => [
    index("timeline_server").on(row.serverId, row.number),
    index("timeline_lasting")
      .on(row.serverId, row.what)
      .where(sql`${row.lasting} = 1`),
  ],
);

/** The processes that may hold links, where there are several. One whose time is over has ended, or lost the database. */
export const leases = sqliteTable("leases", {
  id: text().primaryKey(),
  /** By the database's clock. */
  until: integer().notNull(),
});

/** Single-use tokens that let an agent in. Only a token's SHA-256 is stored. */
export const enrollments = sqliteTable("enrollments", {
  id: text().primaryKey(),
  serverId: text()
    .notNull()
    .references(() => servers.id),
  tokenHash: text().notNull().unique(),
  expiresAt: integer().notNull(),
  usedAt: integer(),
  /** Of the agent that used it. */
  publicKey: text(),
});

export type ServerRow = typeof servers.$inferSelect;
const { facts: _, ...listed } = getTableColumns(servers);
/** A server without what its agent says of its machine, which is large. */
export const listedServer = listed;
export type ListedServer = Omit<ServerRow, "facts">;
/** With the number of its newest link. */
export type LinkedServer = ListedServer & { link: number | null };
export type TimelineRow = typeof timeline.$inferSelect;
