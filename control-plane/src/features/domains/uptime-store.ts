import { and, gte, inArray, lt, sql } from "drizzle-orm";
import type { UptimeSum } from "@appos/shared/uptime";
import type { Database, Statement } from "../../ports.ts";
import { domainNames, domains, domainUptime } from "./schema.ts";
import type { HourSum } from "./uptime.ts";

/** A statement has room for a hundred values. */
const [NAMES_AT_ONCE, IDS_AT_ONCE] = [45, 90];

export function uptimeStore(database: Database) {
  /** What a server says of its own apps' domains only. What is known of an hour is replaced by what tells of more of it. */
  const keep = (serverId: string, hour: number, { name, path, ...sum }: UptimeSum): Statement =>
    database.run(sql`
      insert into ${domainUptime} ("domainId", "hour", "asked", "answered", "latencySumMs", "latencyMaxMs")
      select d."id", ${hour}, ${sum.asked}, ${sum.answered}, ${sum.latencySumMs}, ${sum.latencyMaxMs}
      from ${domains} d join ${domainNames} n on n."name" = d."name" join "apps" a on a."id" = n."appId"
      where d."name" = ${name} and d."path" = ${path} and a."serverId" = ${serverId}
      on conflict ("domainId", "hour") do update set
        "asked" = excluded."asked", "answered" = excluded."answered",
        "latencySumMs" = excluded."latencySumMs", "latencyMaxMs" = excluded."latencyMaxMs"
      where excluded."asked" > "domain_uptime"."asked"`);
  return {
    async keep(serverId: string, hour: number, sums: UptimeSum[]) {
      for (let from = 0; from < sums.length; from += NAMES_AT_ONCE) {
        const [first, ...more] = sums.slice(from, from + NAMES_AT_ONCE).map((sum) => keep(serverId, hour, sum));
        if (first) await database.batch([first, ...more]);
      }
    },
    async of(domainIds: string[], since: number): Promise<Map<string, HourSum[]>> {
      const rows = [];
      for (let from = 0; from < domainIds.length; from += IDS_AT_ONCE) {
        const some = inArray(domainUptime.domainId, domainIds.slice(from, from + IDS_AT_ONCE));
        rows.push(
          ...(await database
            .select()
            .from(domainUptime)
            .where(and(some, gte(domainUptime.hour, since)))),
        );
      }
      return Map.groupBy(rows, ({ domainId }) => domainId);
    },
    forgetBefore: (hour: number) => database.delete(domainUptime).where(lt(domainUptime.hour, hour)),
  };
}
