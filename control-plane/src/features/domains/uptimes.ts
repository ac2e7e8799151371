import type { DomainQuery } from "@appos/shared/domains";
import type { Page } from "@appos/shared/envelope";
import { type DomainUptime, HOUR_MS, type UptimeTold } from "@appos/shared/uptime";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { domainStore } from "./store.ts";
import { oldestHour, uptimeOf } from "./uptime.ts";
import { uptimeStore } from "./uptime-store.ts";

/** How domains have answered, as their servers tell it. */
export function uptimes({ database, clock }: Ports, domains: ReturnType<typeof domainStore>) {
  const store = uptimeStore(database);
  return {
    /** A server's clock may be wrong: what it tells of a time that is not is not kept. */
    async said(serverId: string, { hour, sums }: UptimeTold) {
      const now = clock.now();
      if (hour < oldestHour(now) || hour > Math.floor(now / HOUR_MS) + 1) return;
      await store.keep(serverId, hour, sums);
    },

    async list(asked: DomainQuery & { within?: string[] | undefined }): Promise<Page<DomainUptime>> {
      const now = clock.now();
      const ids = (await domains.list(asked, asked)).map(({ domain }) => domain.id);
      const sums = await store.of(ids, oldestHour(now));
      return pageOf(
        ids.map((id) => uptimeOf(id, sums.get(id) ?? [], now)),
        await domains.count(asked),
        asked,
      );
    },

    /** Called every minute. */
    async tidy() {
      await store.forgetBefore(oldestHour(clock.now()));
    },
  };
}
