import { and, eq, inArray, lt, sql } from "drizzle-orm";
import { openStates } from "@appos/shared/jobs";
import type { SiteState } from "@appos/shared/sites";
import type { Database, Statement } from "../../ports.ts";
import { addressSites, consoleAddress, domainNames, serverProxies } from "./schema.ts";

export const onServer = (serverId: string) => sql`${domainNames.appId} in (select id from apps where serverId = ${serverId})`;
export const endOfCertificate = ({ seen }: Pick<typeof domainNames | typeof consoleAddress | typeof addressSites, "seen">) =>
  sql<number>`json_extract(${seen}, '$.certificate.notAfter')`;

/** How servers see what they serve: domains of apps, the console's own address, and what is no app's. */
export function seenStore(database: Database) {
  return {
    /** All that it serves. */
    async names(serverId: string) {
      const [names, own, addresses] = await database.batch([
        database
          .select({ name: domainNames.name, aliasOf: domainNames.aliasOf, seen: domainNames.seen })
          .from(domainNames)
          .where(onServer(serverId)),
        database
          .select({ name: consoleAddress.name, aliasOf: sql<null>`null`, seen: consoleAddress.seen })
          .from(consoleAddress)
          .where(eq(consoleAddress.serverId, serverId)),
        database
          .select({ name: addressSites.name, aliasOf: sql<null>`null`, seen: addressSites.seen })
          .from(addressSites)
          .where(eq(addressSites.serverId, serverId)),
      ]);
      return [...names, ...own, ...addresses];
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
      database
        .update(addressSites)
        .set({ seen })
        .where(and(eq(addressSites.name, name), eq(addressSites.serverId, serverId))),
    ],
    /** Names whose certificates have ended by then. */
    async endingBy(end: number) {
      const { name, appId, https, seen, warnedOf } = domainNames;
      const [rows, own, addresses] = await database.batch([
        database
          .select({ name, appId, https, seen, warnedOf })
          .from(domainNames)
          .where(lt(endOfCertificate(domainNames), end)),
        database
          .select({ name: consoleAddress.name, seen: consoleAddress.seen, warnedOf: consoleAddress.warnedOf })
          .from(consoleAddress)
          .where(lt(endOfCertificate(consoleAddress), end)),
        database
          .select({ name: addressSites.name, https: addressSites.https, seen: addressSites.seen, warnedOf: addressSites.warnedOf })
          .from(addressSites)
          .where(lt(endOfCertificate(addressSites), end)),
      ]);
      const others = [...own.map((row) => ({ ...row, https: "acme" as const })), ...addresses];
      return [...rows, ...others.map((row) => ({ ...row, appId: undefined }))].flatMap(({ seen: its, ...row }) =>
        its?.certificate ? [{ ...row, certificate: its.certificate }] : [],
      );
    },
    warned: (name: string, warnedOf: string): Statement[] => [
      database.update(domainNames).set({ warnedOf }).where(eq(domainNames.name, name)),
      database.update(consoleAddress).set({ warnedOf }).where(eq(consoleAddress.name, name)),
      database.update(addressSites).set({ warnedOf }).where(eq(addressSites.name, name)),
    ],
  };
}
