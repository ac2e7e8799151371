import { eq, sql } from "drizzle-orm";
import type { Database, Statement } from "../../ports.ts";
import { consoleAddress } from "./schema.ts";
import { numberOf } from "./store.ts";

/** The console's own address: there is one, or none. */
export function consoleStore(database: Database) {
  const row = database.select().from(consoleAddress);
  return {
    current: async () => (await row).at(0),
    /** Where an app owns the name, the batch fails. */
    set({ name, serverId }: { name: string; serverId: string }, jobId: string): Statement {
      const free = sql`(select ${name} where not exists (select 1 from domain_names where name = ${name}) and not exists (select 1 from address_sites where name = ${name}))`;
      const isSame = sql`${consoleAddress.name} = excluded.name`;
      return database
        .insert(consoleAddress)
        .values({ id: 1, name: free, serverId, revision: numberOf(jobId) })
        .onConflictDoUpdate({
          target: consoleAddress.id,
          set: {
            name: sql`excluded.name`,
            serverId: sql`excluded.serverId`,
            revision: sql`excluded.revision`,
            seen: sql`case when ${isSame} then ${consoleAddress.seen} end`,
            warnedOf: sql`case when ${isSame} then ${consoleAddress.warnedOf} end`,
          },
        });
    },
    remove: (serverId: string): Statement => database.delete(consoleAddress).where(eq(consoleAddress.serverId, serverId)),
  };
}
