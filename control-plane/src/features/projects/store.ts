import { and, asc, count, eq, inArray, isNull, or, sql } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { Database, Statement } from "../../ports.ts";
import { type ProjectRow, projects } from "./schema.ts";

export function projectStore(database: Database) {
  const present = isNull(projects.removedAt);
  const of = (within: string[] | undefined) => within && inArray(projects.id, within);
  return {
    find: async (idOrName: string) =>
      (
        await database
          .select()
          .from(projects)
          .where(and(or(eq(projects.id, idOrName), eq(projects.name, idOrName)), present))
      ).at(0),
    list: ({ page, pageSize }: PageQuery, within?: string[]) =>
      database
        .select()
        .from(projects)
        .where(and(present, of(within)))
        .orderBy(asc(projects.name))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    hits: (search: string, limit: number, within?: string[]) =>
      database
        .select({ id: projects.id, name: projects.name })
        .from(projects)
        .where(and(present, of(within), sql`instr(${projects.name}, ${search.toLowerCase()}) > 0`))
        .orderBy(asc(projects.name))
        .limit(limit),
    names: (ids: string[]) => database.select({ id: projects.id, name: projects.name }).from(projects).where(inArray(projects.id, ids)),
    count: async (within?: string[]) =>
      (
        await database
          .select({ n: count() })
          .from(projects)
          .where(and(present, of(within)))
      )[0]!.n,
    insert: (row: typeof projects.$inferInsert): Statement => database.insert(projects).values(row),
    change: (id: string, changed: Partial<Pick<ProjectRow, "name" | "description" | "removedAt">>): Statement =>
      database
        .update(projects)
        .set(changed)
        .where(and(eq(projects.id, id), present)),
  };
}
