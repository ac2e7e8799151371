import { asc, count, eq, inArray, or } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { Database, Statement } from "../../ports.ts";
import { registries, type RegistryRow } from "./schema.ts";

export function registryStore(database: Database) {
  return {
    find: async (idOrHost: string) =>
      (
        await database
          .select()
          .from(registries)
          .where(or(eq(registries.id, idOrHost), eq(registries.host, idOrHost)))
      ).at(0),
    ofHosts: (hosts: string[]) => database.select().from(registries).where(inArray(registries.host, hosts)),
    list: ({ page, pageSize }: PageQuery) =>
      database
        .select()
        .from(registries)
        .orderBy(asc(registries.host))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    count: async () => (await database.select({ n: count() }).from(registries))[0]!.n,
    insert: (row: RegistryRow): Statement => database.insert(registries).values(row),
    change: (id: string, changed: Partial<Pick<RegistryRow, "username" | "password" | "changedAt">>): Statement =>
      database.update(registries).set(changed).where(eq(registries.id, id)),
    remove: (id: string): Statement => database.delete(registries).where(eq(registries.id, id)),
  };
}
