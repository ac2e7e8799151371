import { and, asc, eq, inArray, ne, sql } from "drizzle-orm";
import { endOf } from "@appos/shared/wildcards";
import type { Database, Statement } from "../../ports.ts";
import { type AddressRow, addressSites, domainNames } from "./schema.ts";
import { numberOf } from "./store.ts";

export type NewAddressRow = Omit<AddressRow, "revision" | "seen" | "warnedOf">;

/** Names that lead to an address: they go with their server. */
export function addressStore(database: Database) {
  const rows = () => database.select().from(addressSites).$dynamic();
  return {
    list: (serverId?: string) =>
      rows()
        .where(serverId === undefined ? undefined : eq(addressSites.serverId, serverId))
        .orderBy(asc(addressSites.name)),
    find: async (id: string) => (await rows().where(eq(addressSites.id, id))).at(0),
    named: (names: string[]) => rows().where(inArray(addressSites.name, names)),
    /** Whose names are those of which a wildcard would be one, but for itself; no app's where they lead to addresses. */
    async below(wildcard: string): Promise<{ appId: string | null }[]> {
      const isBelow = (name: unknown) => sql`substr(${name}, instr(${name}, '.')) = ${endOf(wildcard)}`;
      const [rows, addresses] = await database.batch([
        database
          .select({ appId: domainNames.appId })
          .from(domainNames)
          .where(and(isBelow(domainNames.name), ne(domainNames.name, wildcard))),
        database
          .select({ appId: sql<null>`null` })
          .from(addressSites)
          .where(isBelow(addressSites.name)),
      ]);
      return [...rows, ...addresses];
    },
    /** Where an app or the console has the name, or this server is gone, the batch fails. */
    insert: ({ name, serverId, ...row }: NewAddressRow, jobId: string): Statement =>
      database.insert(addressSites).values({
        ...row,
        name: sql`(select ${name} where not exists (select 1 from domain_names where name = ${name})
          and not exists (select 1 from console_address where name = ${name}))`,
        serverId: sql`(select id from servers where id = ${serverId} and removedAt is null)`,
        revision: numberOf(jobId),
      }),
    change: (id: string, row: Pick<AddressRow, "host" | "port" | "https" | "forceHttps">, jobId: string): Statement =>
      database
        .update(addressSites)
        .set({ ...row, revision: numberOf(jobId) })
        .where(eq(addressSites.id, id)),
    remove: (id: string): Statement => database.delete(addressSites).where(eq(addressSites.id, id)),
  };
}
