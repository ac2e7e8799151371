import { desc, eq, inArray, sql } from "drizzle-orm";
import type { Database, Statement } from "../../ports.ts";
import { type CertificateRow, certificates } from "./schema.ts";

export function certificateStore(database: Database) {
  return {
    find: async (id: string): Promise<CertificateRow | undefined> =>
      (await database.select().from(certificates).where(eq(certificates.id, id))).at(0),
    findMany: (ids: string[]) => database.select().from(certificates).where(inArray(certificates.id, ids)),
    list: (within: string[] | undefined) =>
      database
        .select()
        .from(certificates)
        .where(within && inArray(certificates.projectId, within))
        .orderBy(desc(certificates.id)),
    insert: (row: CertificateRow): Statement => database.insert(certificates).values(row),
    replace: (id: string, row: Omit<CertificateRow, "id" | "projectId">): [Statement, Statement] => [
      database.update(certificates).set(row).where(eq(certificates.id, id)),
      // Servers that serve with it have to be told.
      database.run(sql`update server_proxies set due = 1 where serverId in
        (select apps.serverId from apps join domain_names on domain_names.appId = apps.id where domain_names.certificateId = ${id})`),
    ],
    remove: (id: string): Statement => database.delete(certificates).where(eq(certificates.id, id)),
    /** Names that are served with these, and the projects of their apps. */
    uses: (ids: string[]) =>
      database
        .select({
          certificateId: certificates.id,
          name: sql<string>`domain_names.name`,
          projectId: sql<string | null>`apps.projectId`,
        })
        .from(certificates)
        .innerJoin(sql`domain_names`, sql`domain_names.certificateId = ${certificates.id}`)
        .innerJoin(sql`apps`, sql`apps.id = domain_names.appId`)
        .where(inArray(certificates.id, ids))
        .orderBy(sql`domain_names.name`),
  };
}
