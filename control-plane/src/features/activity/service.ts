import type { PageQuery } from "@appos/shared/envelope";
import type { ActivityView } from "@appos/shared/activity";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { SystemService } from "../system/service.ts";
import { activityStore } from "./store.ts";

/** For how long it is kept who did what, and how much of it goes at once. */
const KEPT_MS = 2 * 365 * 24 * 3_600_000;
const FORGOTTEN_AT_ONCE = 200;

export type ActivityService = ReturnType<typeof activityService>;

/** Who asks for a change: a person by name and address, or nobody for AppOS itself. */
export interface Actor {
  name: string;
  address: string;
}

export interface Act extends Partial<Pick<ActivityView, "appId" | "serverId" | "deploymentId" | "jobId">> {
  actor: Actor | null;
  action: string;
  subject: string;
}

export function activityService({ database, clock, events }: Ports, system: SystemService) {
  const store = activityStore(database);
  const row = ({ actor, ...act }: Act) => ({
    id: newId("act", clock),
    at: clock.now(),
    by: actor?.name ?? null,
    address: actor?.address ?? null,
    ...act,
  });
  return {
    list: async (page: PageQuery, appId?: string) => pageOf(await store.list(page, appId), await store.count(appId), page),

    /** The act as a part of some batch. Whoever runs that batch calls `told` after it. */
    statement: (act: Act): Statement => store.insert(row(act)),
    told: () => events.publish({ type: "activity.added", id: "" }),

    /** Forgets what was done long ago. Called every minute. */
    async tidy() {
      const now = await system.steadyNow();
      if (now !== undefined) await store.forget(now - KEPT_MS, FORGOTTEN_AT_ONCE);
    },

    /** The same for what is told until somebody has kept it: the act comes last, so that what comes with it can look whether it is new. */
    async writeOnce(act: Omit<Act, "actor"> & { id: string; at: number; by: string }, statements: Statement[]) {
      const insert = store.insertOnce({ address: null, ...act });
      const [first, ...rest] = [...statements, insert];
      await database.batch([first!, ...rest]);
      events.publish({ type: "activity.added", id: "" });
    },

    /** Makes a change and writes down who asked for it: both or neither. */
    async write<const T extends Statement[]>(act: Act, statements: T) {
      const [, ...results] = await database.batch([store.insert(row(act)), ...statements]);
      events.publish({ type: "activity.added", id: "" });
      return results as unknown[];
    },
  };
}
