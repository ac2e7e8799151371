import { index, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ProjectRole } from "@appos/shared/auth";
import { users } from "../auth/schema.ts";
import { projects } from "../projects/schema.ts";

/** Who is in which project, and as what. */
export const projectPeople = sqliteTable(
  "project_people",
  {
    projectId: text()
      .notNull()
      .references(() => projects.id),
    userId: text()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text().$type<ProjectRole>().notNull(),
  },
  (row) => [primaryKey({ columns: [row.projectId, row.userId] }), index("project_people_user").on(row.userId)],
);
