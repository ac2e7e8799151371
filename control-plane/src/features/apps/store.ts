import { and, asc, count, eq, inArray, isNull, lt, notInArray, or, sql } from "drizzle-orm";
import type { ServiceState } from "@appos/shared/apps";
import type { PageQuery } from "@appos/shared/envelope";
import type { Database, Statement } from "../../ports.ts";
import { type AppRow, apps } from "./schema.ts";

export function appStore(database: Database) {
  const first = async (rows: Promise<AppRow[]>) => (await rows).at(0);
  const present = isNull(apps.removedAt);
  const on = (serverId: string | undefined) => (serverId === undefined ? present : and(present, eq(apps.serverId, serverId)));
  return {
    find: (id: string) =>
      first(
        database
          .select()
          .from(apps)
          .where(and(eq(apps.id, id), present)),
      ),
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
    /** Never puts an older deployment in the place of a newer one. */
    live: (id: string, live: { release: number; version: number; deploymentId: string }) =>
      database
        .update(apps)
        .set({ liveRelease: live.release, liveVersion: live.version, liveDeploymentId: live.deploymentId, wanted: "running" })
        .where(and(eq(apps.id, id), lt(sql`coalesce(${apps.liveRelease}, 0)`, live.release))),
    wanted: (id: string, wanted: "running" | "stopped") => database.update(apps).set({ wanted }).where(eq(apps.id, id)),
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
    /** The apps of a server that its agent did not name have no containers. */
    unobserved: (serverId: string, but: string[], observedAt: number): Statement =>
      database
        .update(apps)
        .set({ services: [], observedAt })
        .where(
          and(
            eq(apps.serverId, serverId),
            present,
            notInArray(apps.id, but),
            or(isNull(apps.observedAt), sql`json_array_length(${apps.services}) > 0`),
          ),
        ),
    batch: (statements: [Statement, ...Statement[]]) => database.batch(statements),
  };
}
