import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { servers } from "../servers/schema.ts";

/** What is behind the tags of images that run: asked for server by server, because each reaches registries in its own way. */
export const imageChecks = sqliteTable(
  "image_checks",
  {
    serverId: text()
      .notNull()
      .references(() => servers.id),
    image: text().notNull(),
    /** When it is to be asked for next. */
    dueAt: integer().notNull(),
    /** When it was, and what the answer was. */
    checkedAt: integer(),
    digest: text(),
    /** When this digest was first seen. */
    seenAt: integer(),
    /** Other digests under which that server knows the same image. */
    alias: text({ mode: "json" }).$type<string[]>().notNull().default([]),
    problem: text(),
  },
  (check) => [primaryKey({ columns: [check.serverId, check.image] }), index("image_checks_due").on(check.dueAt)],
);

export type ImageCheck = typeof imageChecks.$inferSelect;
