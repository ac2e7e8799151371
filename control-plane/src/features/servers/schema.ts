import { sql } from "drizzle-orm";
import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ServerFacts } from "@appos/shared/servers";

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
    removedAt: integer(),
  },
  (server) => [
    uniqueIndex("servers_name")
      .on(server.name)
      .where(sql`${server.removedAt} is null`),
  ],
);

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
