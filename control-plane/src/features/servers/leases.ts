import type { Ports, Statement } from "../../ports.ts";
import { leaseStore } from "./lease-store.ts";
import { RETURN_MS } from "./presence.ts";
import { timelineStore } from "./timeline-store.ts";

/** A process that has not renewed its lease for so long is taken for dead. */
export const LEASE_MS = 30_000;

/** What several processes that share the database have to know of each other: who is there, and so whose links are open. */
export function leases({ database, clock, events, holder = "" }: Pick<Ports, "database" | "clock" | "events" | "holder">) {
  const store = leaseStore(database);
  const links = timelineStore(database);
  async function ended(which: "orphaned" | "orphaned or unheld", before: Statement) {
    const now = clock.now();
    for (const id of await links.ended(which, now, now + RETURN_MS, [before])) events.publish({ type: "server.changed", id });
  }
  return {
    /** This process is there. Links of those that are not, or of a time when there was one process, have ended. */
    async begin() {
      await store.take(holder, LEASE_MS);
      await ended("orphaned or unheld", store.takeAwayRanOut());
    },
    /** It is still there. False where the others took it for dead, and its links for ended: from now on it is there again. */
    async renew(): Promise<boolean> {
      if (await store.renew(holder, LEASE_MS)) return true;
      await store.take(holder, LEASE_MS);
      return false;
    },
    /** Links of processes that are there no longer have ended. Whoever is back within a minute was never away. */
    async takeOver() {
      if ((await store.anyRanOut()) || (await links.anyOrphaned())) await ended("orphaned", store.takeAwayRanOut());
    },
    /** This process stops, and its links end. */
    giveBack: () => ended("orphaned", store.giveBack(holder)),
    /** Whether it is on this process to do what one of them has to do. */
    isFirst: async () => (await store.first()) === holder,
    /** The links that this process should find to be open to it. */
    held: () => store.held(holder),
  };
}
