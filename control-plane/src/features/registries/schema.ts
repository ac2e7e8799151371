import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Logins for registries, one for each. */
export const registries = sqliteTable("registries", {
  id: text().primaryKey(),
  host: text().notNull().unique(),
  username: text().notNull(),
  /** Sealed. */
  password: text().notNull(),
  createdAt: integer().notNull(),
  changedAt: integer().notNull(),
});

export type RegistryRow = typeof registries.$inferSelect;
