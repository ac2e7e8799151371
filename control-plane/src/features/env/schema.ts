import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Variables that every app of a project, or of a server, has unless it says otherwise. */
export const sharedEnv = sqliteTable(
  "shared_env",
  {
    scope: text().$type<"project" | "server">().notNull(),
    scopeId: text().notNull(),
    /** Grows with each save. */
    number: integer().notNull(),
    /** JSON of the variables, sealed. */
    env: text().notNull(),
    by: text(),
    changedAt: integer().notNull(),
  },
  (row) => [primaryKey({ columns: [row.scope, row.scopeId] })],
);
