import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Who did what, when. Written in the same batch as the change itself. */
export const activity = sqliteTable(
  "activity",
  {
    number: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    at: integer().notNull(),
    by: text(),
    action: text().notNull(),
    subject: text().notNull(),
    appId: text(),
    serverId: text(),
    deploymentId: text(),
    jobId: text(),
    address: text(),
  },
  (row) => [index("activity_app").on(row.appId), index("activity_at").on(row.at)],
);
