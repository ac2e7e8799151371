import { eq, gt, lte, sql } from "drizzle-orm";
import type { Database, Statement } from "../../ports.ts";
import { leases } from "./schema.ts";

/** Processes agree on the time by asking the one database they share. */
const now = sql`cast(unixepoch('subsec') * 1000 as integer)`;

/** The leases of processes that share the database. */
export function leaseStore(database: Database) {
  const isMine = (id: string) => eq(leases.id, id);
  const ranOut = lte(leases.until, now);
  return {
    take: (id: string, forMs: number) =>
      database
        .insert(leases)
        .values({ id, until: sql`${now} + ${forMs}` })
        .onConflictDoUpdate({ target: leases.id, set: { until: sql`excluded."until"` } }),
    /** False where there is none any more. */
    async renew(id: string, forMs: number): Promise<boolean> {
      const renewed = database
        .update(leases)
        .set({ until: sql`${now} + ${forMs}` })
        .where(isMine(id));
      return (await renewed.returning({ id: leases.id })).length > 0;
    },
    giveBack: (id: string): Statement => database.delete(leases).where(isMine(id)),
    anyRanOut: async () => (await database.select({ id: leases.id }).from(leases).where(ranOut).limit(1)).length > 0,
    takeAwayRanOut: (): Statement => database.delete(leases).where(ranOut),
    /** Of the processes that are there, the one that does what one of them has to do. */
    async first(): Promise<string | undefined> {
      const there = database.select({ id: leases.id }).from(leases).where(gt(leases.until, now));
      return (await there.orderBy(leases.id).limit(1)).at(0)?.id;
    },
    /** The links that a process holds, as it should find them with itself. */
    held: (id: string) =>
      database
        .select({ serverId: sql<string>`"serverId"`, epoch: sql<number>`"epoch"` })
        .from(sql`"links"`)
        .where(sql`"holder" = ${id}`),
  };
}
