import { sql } from "drizzle-orm";
import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Apps that belong together. */
export const projects = sqliteTable(
  "projects",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    description: text().notNull().default(""),
    createdAt: integer().notNull(),
    removedAt: integer(),
  },
  (project) => [
    uniqueIndex("projects_name")
      .on(project.name)
      .where(sql`${project.removedAt} is null`),
  ],
);

export type ProjectRow = typeof projects.$inferSelect;
