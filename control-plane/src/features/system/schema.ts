import { sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What this database knows of itself. `incarnation`: a random id of its lifetime, another one once it was restored from a copy. `lastTick`: the last time that was believed. */
export const facts = sqliteTable("facts", { name: text().primaryKey(), value: text().notNull() });
