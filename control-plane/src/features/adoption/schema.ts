import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { servers } from "../servers/schema.ts";

/** Compose projects of a server that somebody has said to leave alone. */
export const leftProjects = sqliteTable(
  "left_projects",
  {
    serverId: text()
      .notNull()
      .references(() => servers.id),
    project: text().notNull(),
  },
  (left) => [primaryKey({ columns: [left.serverId, left.project] })],
);
