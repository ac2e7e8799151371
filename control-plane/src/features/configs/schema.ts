import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { apps } from "../apps/schema.ts";

/** Every save of an app's configuration: numbered from 1, never changed. */
export const configVersions = sqliteTable(
  "config_versions",
  {
    appId: text()
      .notNull()
      .references(() => apps.id),
    number: integer().notNull(),
    /** The user's text, to the letter. */
    compose: text().notNull(),
    /** JSON of the variables, sealed. */
    env: text().notNull(),
    /** JSON of the config files, sealed; null where there are none. */
    files: text(),
    message: text().notNull(),
    by: text(),
    createdAt: integer().notNull(),
  },
  (version) => [primaryKey({ columns: [version.appId, version.number] })],
);

export type ConfigRow = typeof configVersions.$inferSelect;
