import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { AppQuery, ServiceState } from "@appos/shared/apps";
import type { DriftFinding } from "@appos/shared/drift";
import type { PageQuery } from "@appos/shared/envelope";
import type { Database, Statement } from "../../ports.ts";
import { type AppRow, apps, favourites } from "./schema.ts";

/** When a release was put together. */
const madeAt = (appId: string, release: unknown) =>
  sql<number>`(select createdAt from releases where appId = ${appId} and number = ${release})`;

export interface Asked extends Partial<Pick<AppQuery, "serverId" | "project" | "label" | "search">> {
  /** Of nothing but these projects. */
  within?: string[] | undefined;
}

const isFavouriteOf = (userId: string) =>
  sql`exists (select 1 from favourites where favourites.appId = ${apps.id} and favourites.userId = ${userId})`;

/** What is asked for is looked for as it stands: no character of it has a meaning. */
function matching({ serverId, project, label, search, within }: Asked) {
  const words = search?.toLowerCase();
  const inside = (text: unknown) => sql`instr(lower(${text}), ${words}) > 0`;
  const images = sql`exists (select 1 from json_each(${apps.services}) as service where ${inside(sql`service.value ->> 'image'`)})`;
  const ofServer = sql`exists (select 1 from servers where servers.id = ${apps.serverId} and ${inside(sql`servers.name`)})`;
  const ofProject = sql`exists (select 1 from projects where projects.id = ${apps.projectId} and ${inside(sql`projects.name`)})`;
  return and(
    isNull(apps.removedAt),
    within && inArray(apps.projectId, within),
    serverId === undefined ? undefined : eq(apps.serverId, serverId),
    project === undefined
      ? undefined
      : sql`${apps.projectId} in (select id from projects where (id = ${project} or name = ${project}) and removedAt is null)`,
    label === undefined ? undefined : sql`exists (select 1 from json_each(${apps.labels}) as label where label.value = ${label})`,
    words ? or(inside(apps.name), inside(apps.labels), ofServer, ofProject, images) : undefined,
  );
}

export function appStore(database: Database) {
  const first = async (rows: Promise<AppRow[]>) => (await rows).at(0);
  const present = isNull(apps.removedAt);
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
      database
        .select({
          id: apps.id,
          name: apps.name,
          projectId: apps.projectId,
          serverId: apps.serverId,
          liveDeploymentId: apps.liveDeploymentId,
        })
        .from(apps)
        .where(inArray(apps.id, ids)),
    /** Whether an app of these projects is on a server. */
    anyOn: async (serverId: string, projectIds: string[]) =>
      (
        await database
          .select({ id: apps.id })
          .from(apps)
          .where(and(present, eq(apps.serverId, serverId), inArray(apps.projectId, projectIds)))
          .limit(1)
      ).length > 0,
    /** Whether an app that is gone had this name on a server, and was not in this project. */
    wasOutside: async (name: string, serverId: string, projectId: string) =>
      (
        await database
          .select({ id: apps.id })
          .from(apps)
          .where(
            and(eq(apps.name, name), eq(apps.serverId, serverId), isNotNull(apps.removedAt), sql`${apps.projectId} is not ${projectId}`),
          )
          .limit(1)
      ).length > 0,
    countOn: (serverIds: string[], within?: string[]) =>
      database
        .select({ serverId: apps.serverId, n: count() })
        .from(apps)
        .where(and(present, inArray(apps.serverId, serverIds), within && inArray(apps.projectId, within)))
        .groupBy(apps.serverId),
    countIn: (projectIds: string[]) =>
      database
        .select({ projectId: apps.projectId, n: count() })
        .from(apps)
        .where(and(present, inArray(apps.projectId, projectIds)))
        .groupBy(apps.projectId),
    favourites: (userId: string, within?: string[]) =>
      database
        .select({ appId: favourites.appId })
        .from(favourites)
        .innerJoin(apps, eq(apps.id, favourites.appId))
        .where(and(present, eq(favourites.userId, userId), within && inArray(apps.projectId, within))),
    favour: (userId: string, appId: string, favourite: boolean) =>
      favourite
        ? database.insert(favourites).values({ userId, appId }).onConflictDoNothing()
        : database.delete(favourites).where(and(eq(favourites.userId, userId), eq(favourites.appId, appId))),
    change: (id: string, changed: Partial<Pick<AppRow, "projectId" | "labels" | "keepReleases" | "updates" | "hasWindow">>): Statement =>
      database.update(apps).set(changed).where(eq(apps.id, id)),
    /** Those that somebody wants to have at hand come first. */
    list: ({ page, pageSize, ...asked }: Asked & PageQuery, userId?: string) =>
      database
        .select()
        .from(apps)
        .where(matching(asked))
        .orderBy(...(userId === undefined ? [] : [desc(isFavouriteOf(userId))]), asc(apps.name))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    hits: (asked: Pick<Asked, "search" | "within">, limit: number, userId: string) =>
      database
        .select({ id: apps.id, name: apps.name, serverName: sql<string>`(select name from servers where servers.id = ${apps.serverId})` })
        .from(apps)
        .where(matching(asked))
        .orderBy(desc(isFavouriteOf(userId)), asc(apps.name))
        .limit(limit),
    countOf: async (asked: Asked) => (await database.select({ n: count() }).from(apps).where(matching(asked)))[0]!.n,

    insert: (app: typeof apps.$inferInsert): Statement => database.insert(apps).values(app),
    setVersion: (id: string, version: number, refersTo: string[]): Statement =>
      database.update(apps).set({ version, refersTo }).where(eq(apps.id, id)),
    /** The apps whose variables take their values from this one. */
    referringTo: (id: string) =>
      database
        .select({ name: apps.name, projectId: apps.projectId })
        .from(apps)
        .where(and(present, sql`exists (select 1 from json_each(${apps.refersTo}) as app where app.value = ${id})`))
        .orderBy(asc(apps.name)),
    /** What was taken over from a newer template; `whole`: that config version is what it gave, word for word. */
    setTemplate: (id: string, version: number, template: { version: string; whole: boolean }): Statement =>
      database
        .update(apps)
        .set({ version, templateVersion: template.version, templateBase: template.whole ? version : null })
        .where(eq(apps.id, id)),
    countMade: (templateIds: string[], within?: string[]) =>
      database
        .select({ templateId: apps.templateId, n: count() })
        .from(apps)
        .where(and(present, inArray(apps.templateId, templateIds), within && inArray(apps.projectId, within)))
        .groupBy(apps.templateId),
    madeFrom: (templateId: string, within?: string[]) =>
      database
        .select({ id: apps.id, name: apps.name, version: apps.templateVersion })
        .from(apps)
        .where(and(present, eq(apps.templateId, templateId), within && inArray(apps.projectId, within)))
        .orderBy(asc(apps.name)),
    /** The apps that take over compose projects of a server. */
    adoptersOn: (serverId: string) =>
      database
        .select({ name: apps.name, adopts: apps.adopts })
        .from(apps)
        .where(and(present, eq(apps.serverId, serverId), isNotNull(apps.adopts))),
    servicesOn: (serverId: string) =>
      database
        .select({ services: apps.services })
        .from(apps)
        .where(and(present, eq(apps.serverId, serverId))),
    deploying: (id: string, release: number, deploymentId: string): Statement =>
      database.update(apps).set({ release, deploymentId }).where(eq(apps.id, id)),
    rollingBack: (id: string, deploymentId: string): Statement => database.update(apps).set({ deploymentId }).where(eq(apps.id, id)),
    /** Never puts an older order in the place of a newer one. */
    live: (id: string, live: { release: number; version: number; deploymentId: string; order: number }) =>
      database
        .update(apps)
        .set({
          liveRelease: live.release,
          liveVersion: live.version,
          liveDeploymentId: live.deploymentId,
          liveEnvAt: madeAt(id, live.release),
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
          liveEnvAt: sql`case when ${same} then ${apps.liveEnvAt} else ${madeAt(id, release)} end`,
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

    /** `drift` stays as it was where nothing is said of it. */
    observed: (serverId: string, id: string, services: ServiceState[], observedAt: number, drift?: DriftFinding[]): Statement =>
      database
        .update(apps)
        .set({ services, observedAt, ...(drift && { drift }) })
        .where(and(eq(apps.id, id), eq(apps.serverId, serverId))),
    /** As it stands: an agent that connects anew says mostly what it said before, which need not be written again. */
    observations: (serverId: string) =>
      database
        .select({ id: apps.id, services: apps.services, drift: apps.drift, observedAt: apps.observedAt })
        .from(apps)
        .where(and(eq(apps.serverId, serverId), present)),
    batch: (statements: [Statement, ...Statement[]]) => database.batch(statements),
  };
}
