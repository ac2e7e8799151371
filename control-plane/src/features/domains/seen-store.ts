import { and, eq, inArray, lt, sql } from "drizzle-orm";
import { openStates } from "@appos/shared/jobs";
import type { SiteState } from "@appos/shared/sites";
import type { Database, Statement } from "../../ports.ts";
import { consoleAddress, domainNames, serverProxies } from "./schema.ts";

export const onServer = (serverId: string) => sql`${domainNames.appId} in (select id from apps where serverId = ${serverId})`;
export const endOfCertificate = ({ seen }: Pick<typeof domainNames | typeof consoleAddress, "seen">) =>
  sql<number>`json_extract(${seen}, '$.certificate.notAfter')`;

/** How servers see what they serve: domains of apps, and the console's own address. */
export function seenStore(database: Database) {
  return {
    /** What it serves, the console's own address included. */
    async names(serverId: string) {
      const [names, own] = await database.batch([
        database
          .select({ name: domainNames.name, aliasOf: domainNames.aliasOf, seen: domainNames.seen })
          .from(domainNames)
          .where(onServer(serverId)),
        database
          .select({ name: consoleAddress.name, aliasOf: sql<null>`null`, seen: consoleAddress.seen })
          .from(consoleAddress)
          .where(eq(consoleAddress.serverId, serverId)),
      ]);
      return [...names, ...own];
    },
    /** It was told something, and no job is about to tell it more. */
    hasBeenTold: async (serverId: string) => {
      const isOpen = sql`select 1 from jobs where jobs.id = ${serverProxies.jobId} and ${inArray(sql`jobs.state`, [...openStates])}`;
      return (
        (
          await database
            .select({ serverId: serverProxies.serverId })
            .from(serverProxies)
            .where(and(eq(serverProxies.serverId, serverId), sql`not exists (${isOpen})`))
        ).length > 0
      );
    },
    /** Of names of its own server only. */
    see: (serverId: string, name: string, seen: Omit<SiteState, "name"> | null): Statement[] => [
      database
        .update(domainNames)
        .set({ seen })
        .where(and(eq(domainNames.name, name), onServer(serverId))),
      database
        .update(consoleAddress)
        .set({ seen })
        .where(and(eq(consoleAddress.name, name), eq(consoleAddress.serverId, serverId))),
    ],
    /** Names whose certificates have ended by then. */
    async endingBy(end: number) {
      const { name, appId, https, seen, warnedOf } = domainNames;
      const [rows, own] = await database.batch([
        database
          .select({ name, appId, https, seen, warnedOf })
          .from(domainNames)
          .where(lt(endOfCertificate(domainNames), end)),
        database
          .select({ name: consoleAddress.name, seen: consoleAddress.seen, warnedOf: consoleAddress.warnedOf })
          .from(consoleAddress)
          .where(lt(endOfCertificate(consoleAddress), end)),
      ]);
      return [...rows, ...own.map((row) => ({ ...row, appId: undefined, https: "acme" as const }))].flatMap(({ seen: its, ...row }) =>
        its?.certificate ? [{ ...row, certificate: its.certificate }] : [],
      );
    },
    warned: (name: string, warnedOf: string): Statement[] => [
      database.update(domainNames).set({ warnedOf }).where(eq(domainNames.name, name)),
      database.update(consoleAddress).set({ warnedOf }).where(eq(consoleAddress.name, name)),
    ],
  };
}
