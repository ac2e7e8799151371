import { and, count, desc, eq } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { Database, Statement } from "../../ports.ts";
import { configVersions } from "./schema.ts";

export function configStore(database: Database) {
  const of = (appId: string, number: number) => and(eq(configVersions.appId, appId), eq(configVersions.number, number));
  return {
    find: async (appId: string, number: number) => (await database.select().from(configVersions).where(of(appId, number))).at(0),
    insert: (row: typeof configVersions.$inferInsert): Statement => database.insert(configVersions).values(row),
    count: async (appId: string) =>
      (await database.select({ n: count() }).from(configVersions).where(eq(configVersions.appId, appId)))[0]!.n,
    list: (appId: string, { page, pageSize }: PageQuery) =>
      database
        .select({
          number: configVersions.number,
          message: configVersions.message,
          by: configVersions.by,
          createdAt: configVersions.createdAt,
        })
        .from(configVersions)
        .where(eq(configVersions.appId, appId))
        .orderBy(desc(configVersions.number))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
  };
}
