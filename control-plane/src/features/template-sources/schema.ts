import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { SourceFormat, SourceSchedule } from "@appos/shared/template-sources";

/** Where templates come from besides AppOS's own catalog. */
export const templateSources = sqliteTable("templateSources", {
  id: text().primaryKey(),
  name: text().notNull(),
  url: text().notNull().unique(),
  /** As somebody named it. */
  asked: text().$type<SourceFormat>(),
  /** As it was read. */
  format: text().$type<SourceFormat>(),
  schedule: text().$type<SourceSchedule>().notNull(),
  /** The copy that counts; those of other generations are left over, or not whole yet. 0 is none. */
  generation: integer().notNull().default(0),
  /** What its host said of that copy, by which it can say that it has no other; with the state of the importers. */
  validator: text(),
  usable: integer().notNull().default(0),
  unusable: integer().notNull().default(0),
  trimmed: integer().notNull().default(0),
  risky: integer().notNull().default(0),
  refreshedAt: integer(),
  checkedAt: integer(),
  failedAt: integer(),
  failure: text(),
  /** When it is asked again; null where it is not. */
  nextAt: integer(),
  /** Somebody wants it to be asked now. */
  askedAt: integer(),
  /** One control plane is at it, and no other until then. */
  claimedUntil: integer(),
  createdAt: integer().notNull(),
});

/** What was read of them. */
export const sourceTemplates = sqliteTable(
  "sourceTemplates",
  {
    sourceId: text().notNull(),
    generation: integer().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    /** In lower case: its name first, by which they are sorted. */
    words: text().notNull(),
    /** With a blank before and after each. */
    categories: text().notNull(),
    version: text().notNull(),
    description: text().notNull(),
    memoryMiB: integer(),
    /** Why it cannot be installed. */
    problem: text(),
    risks: integer().notNull(),
    /** JSON. */
    template: text(),
    dangers: text().notNull(),
    dropped: text().notNull(),
  },
  (row) => [primaryKey({ columns: [row.id, row.generation] }), index("sourceTemplates_source").on(row.sourceId, row.generation, row.words)],
);

export type SourceRow = typeof templateSources.$inferSelect;
export type TemplateRow = typeof sourceTemplates.$inferInsert;
