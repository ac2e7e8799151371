import { asc, eq, inArray, sql } from "drizzle-orm";
import type { Database, Statement } from "../../ports.ts";
import { type DnsProviderRow, dnsProviders } from "./schema.ts";

export function dnsProviderStore(database: Database) {
  return {
    find: async (id: string): Promise<DnsProviderRow | undefined> =>
      (await database.select().from(dnsProviders).where(eq(dnsProviders.id, id))).at(0),
    findMany: (ids: string[]) => database.select().from(dnsProviders).where(inArray(dnsProviders.id, ids)),
    list: () => database.select().from(dnsProviders).orderBy(asc(dnsProviders.name), asc(dnsProviders.id)),
    insert: (row: DnsProviderRow): Statement => database.insert(dnsProviders).values(row),
    replace: ({ id, ...row }: DnsProviderRow): [Statement, Statement] => [
      database.update(dnsProviders).set(row).where(eq(dnsProviders.id, id)),
      // Servers that use it have to be told.
      database.run(sql`update server_proxies set due = 1 where serverId in
        (select apps.serverId from apps join domain_names on domain_names.appId = apps.id where domain_names.dnsProviderId = ${id})`),
    ],
    remove: (id: string): Statement => database.delete(dnsProviders).where(eq(dnsProviders.id, id)),
    /** Names whose certificates come by these. */
    uses: (ids: string[]) =>
      database
        .select({ dnsProviderId: dnsProviders.id, name: sql<string>`domain_names.name` })
        .from(dnsProviders)
        .innerJoin(sql`domain_names`, sql`domain_names.dnsProviderId = ${dnsProviders.id}`)
        .where(inArray(dnsProviders.id, ids))
        .orderBy(sql`domain_names.name`),
  };
}
