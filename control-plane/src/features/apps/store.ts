import { and, asc, count, eq, inArray, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { ServiceState } from "@appos/shared/apps";
import type { PageQuery } from "@appos/shared/envelope";
import type { Database, Statement } from "../../ports.ts";
import { type AppRow, apps } from "./schema.ts";

export function appStore(database: Database) {
  const first = async (rows: Promise<AppRow[]>) => (await rows).at(0);
  const present = isNull(apps.removedAt);
  const on = (serverId: string | undefined) => (serverId === undefined ? present : and(present, eq(apps.serverId, serverId)));
  // Prepared: it is asked with nearly everything.
  const name = sql.placeholder("idOrName");
  const byIdOrName = database
    .select()
    .from(apps)
    .where(and(or(eq(apps.id, name), eq(apps.name, name)), present))
    .prepare();
  return {
    find: (id: string) =>
      first(
        database
          .select()
          .from(apps)
          .where(and(eq(apps.id, id), present)),
      ),
    /** No name has the form of an id. */
    findByIdOrName: (idOrName: string) => first(byIdOrName.all({ idOrName })),
    findByName: (name: string) =>
      first(
        database
          .select()
          .from(apps)
          .where(and(eq(apps.name, name), present)),
      ),
    /** What a deployment shows of its app, removed or not. */
    findMany: (ids: string[]) =>
      database.select({ id: apps.id, name: apps.name, liveDeploymentId: apps.liveDeploymentId }).from(apps).where(inArray(apps.id, ids)),
    count: async (serverId?: string) => (await database.select({ n: count() }).from(apps).where(on(serverId)))[0]!.n,
    countOn: (serverIds: string[]) =>
      database
        .select({ serverId: apps.serverId, n: count() })
        .from(apps)
        .where(and(present, inArray(apps.serverId, serverIds)))
        .groupBy(apps.serverId),
    list: ({ page, pageSize }: PageQuery, serverId?: string) =>
      database
        .select()
        .from(apps)
        .where(on(serverId))
        .orderBy(asc(apps.name))
        .limit(pageSize)
        .offset((page - 1) * pageSize),

    insert: (app: typeof apps.$inferInsert): Statement => database.insert(apps).values(app),
    setVersion: (id: string, version: number): Statement => database.update(apps).set({ version }).where(eq(apps.id, id)),
    deploying: (id: string, release: number, deploymentId: string): Statement =>
      database.update(apps).set({ release, deploymentId }).where(eq(apps.id, id)),
    /** Never puts an older order in the place of a newer one. */
    live: (id: string, live: { release: number; version: number; deploymentId: string; order: number }) =>
      database
        .update(apps)
        .set({
          liveRelease: live.release,
          liveVersion: live.version,
          liveDeploymentId: live.deploymentId,
          wanted: "running",
          lastOrder: live.order,
        })
        .where(and(eq(apps.id, id), lt(apps.lastOrder, live.order))),
    wanted: (id: string, wanted: "running" | "stopped", order: number) =>
      database
        .update(apps)
        .set({ wanted, lastOrder: order })
        .where(and(eq(apps.id, id), lt(apps.lastOrder, order))),
    /** What was done on the server itself, `afterJob` null: after all that has ended; unless it is known already or a later order was told of first. */
    acted(
      serverId: string,
      id: string,
      act: { release: number | null; wanted: "running" | "stopped" | undefined; afterJob: number | null; activityId: string },
    ) {
      const release = act.release ?? sql`${apps.liveRelease}`;
      const same = sql`${apps.liveRelease} is ${release}`;
      // A database that was restored knows no jobs that came after.
      const order =
        act.afterJob === null
          ? sql`(select coalesce(max(number), 0) from jobs where jobs.appId = ${id} and jobs.endedAt is not null)`
          : sql`min(${act.afterJob}, (select coalesce(max(number), 0) from jobs))`;
      const version = sql`(select version from releases where appId = ${id} and number = ${release})`;
      const deployment = sql`(select id from deployments where appId = ${id} and release = ${release} order by number desc limit 1)`;
      return database
        .update(apps)
        .set({
          liveRelease: sql`${release}`,
          liveVersion: sql`case when ${same} then ${apps.liveVersion} else ${version} end`,
          liveDeploymentId: sql`case when ${same} then ${apps.liveDeploymentId} else ${deployment} end`,
          lastOrder: sql`max(${apps.lastOrder}, ${order})`,
          ...(act.wanted && { wanted: act.wanted }),
        })
        .where(
          and(
            eq(apps.id, id),
            eq(apps.serverId, serverId),
            ...(act.afterJob === null ? [] : [lte(apps.lastOrder, act.afterJob)]),
            sql`not exists (select 1 from activity where activity.id = ${act.activityId})`,
          ),
        );
    },
    remove: (id: string, removedAt: number) =>
      database
        .update(apps)
        .set({ removedAt })
        .where(and(eq(apps.id, id), present)),

    observed: (serverId: string, id: string, services: ServiceState[], observedAt: number): Statement =>
      database
        .update(apps)
        .set({ services, observedAt })
        .where(and(eq(apps.id, id), eq(apps.serverId, serverId))),
    /** As it stands: an agent that connects anew says mostly what it said before, which need not be written again. */
    observations: (serverId: string) =>
      database
        .select({ id: apps.id, services: apps.services, observedAt: apps.observedAt })
        .from(apps)
        .where(and(eq(apps.serverId, serverId), present)),
    batch: (statements: [Statement, ...Statement[]]) => database.batch(statements),
  };
}
