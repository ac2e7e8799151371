import { z } from "zod";
import type { AppInventory } from "@appos/shared/agent-link";
import { type AppQuery, type AppView, type ChangeApp, ServiceState } from "@appos/shared/apps";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { Config, ConfigService } from "../configs/service.ts";
import type { SharedEnvService } from "../env/service.ts";
import type { Job, JobService, Settled } from "../jobs/service.ts";
import type { ProjectService } from "../projects/service.ts";
import type { ServerService } from "../servers/service.ts";
import type { MadeFromTemplates, TemplateService } from "../templates/service.ts";
import { appConfig, referencesOf } from "./app-config.ts";
import { appViews } from "./app-views.ts";
import { driftAfter } from "./drift-shown.ts";
import { effectiveConfig, type Owner } from "./effective.ts";
import type { AppRow } from "./schema.ts";
import { type Asked, appStore } from "./store.ts";
import { appUpdateStore } from "./update-store.ts";

export type { AppRow } from "./schema.ts";
export type AppService = ReturnType<typeof appService>;

/** Of a new app, its server keeps so many releases. */
const KEPT_RELEASES = 10;

/** More than this are not looked through for how they are doing. */
const MOST_APPS = 10_000;

export function appService(
  ports: Ports,
  servers: ServerService,
  jobs: JobService,
  configs: ConfigService,
  projects: ProjectService,
  sharedEnv: SharedEnvService,
  activity: ActivityService,
  templates: TemplateService,
) {
  const { database, clock, events } = ports;
  const store = appStore(database);
  const changed = (id: string) => events.publish({ type: "app.changed", id });
  const find = async (idOrName: string): Promise<AppRow> => (await store.findByIdOrName(idOrName)) ?? notFound("app");

  const viewsOf = appViews({ servers, jobs, projects, sharedEnv, templates });

  /** What is asked of an app after its removal would leave behind what belongs to nobody. */
  async function notRemoving({ id, name }: Pick<AppRow, "id" | "name">) {
    const removing = (await jobs.openOfApps(id)).some(({ kind }) => kind === "remove-app");
    if (removing) throw new AppError("CONFLICT", `${name} is being removed.`);
  }

  async function nameIsFree(name: string) {
    if (await store.findByName(name))
      throw new AppError("NAME_TAKEN", `There is an app named ${name} already.`, [{ path: "name", message: "This name is taken." }]);
  }

  const settledAs =
    (wanted: "running" | "stopped"): Settled =>
    async (job) => {
      if (job.appId && job.state === "succeeded") await store.wanted(job.appId, wanted, job.number);
      await seen(job);
    };

  /** A job that succeeded says how the containers were at its end: sooner than the inventory does. */
  async function seen({ appId, serverId, kind, state, result, endedAt }: Job) {
    const { data } = Seen.safeParse(result);
    if (appId && state === "succeeded" && data)
      await store.batch([store.observed(serverId, appId, data.services, endedAt ?? clock.now(), driftAfter(kind))]);
    if (appId) changed(appId);
  }

  const config = appConfig(ports, {
    store,
    find,
    changed,
    configs,
    sharedEnv,
    activity,
    projectName: async (id) => (await projects.names([id])).get(id) ?? id,
    serverName: async (id) => (await servers.find(id)).name,
  });
  const effective = effectiveConfig(store.find, configs, sharedEnv);

  return {
    find,
    /** As addresses name it; undefined where there is none. */
    named: store.findByIdOrName,
    view: async (idOrName: string) => (await viewsOf([await find(idOrName)]))[0]!,
    /** Those that `userId` wants to have at hand come first. */
    async list(asked: AppQuery & Asked, userId?: string) {
      if (asked.status === undefined) return pageOf(await viewsOf(await store.list(asked, userId)), await store.countOf(asked), asked);
      // How an app is doing is worked out from what stands in several places.
      const views = await viewsOf(await store.list({ ...asked, page: 1, pageSize: MOST_APPS }, userId));
      const found = views.filter(({ status }) => status === asked.status);
      const from = (asked.page - 1) * asked.pageSize;
      return pageOf(found.slice(from, from + asked.pageSize), found.length, asked);
    },
    hits: store.hits,
    /** The apps that take over compose projects of a server, by project. */
    adopters: async (serverId: string) => new Map((await store.adoptersOn(serverId)).map(({ name, adopts }) => [adopts!.project, name])),
    findMany: (ids: string[]) => store.findMany(ids),
    /** Whether an app, removed or not, is on another server. */
    isElsewhere: async (id: string, serverId: string) => (await store.findMany([id])).some((app) => app.serverId !== serverId),
    count: (within?: string[]) => store.countOf({ within }),
    anyOn: store.anyOn,
    wasAnothers: store.wasOutside,
    madeFrom: {
      counts: async (ids, within) => new Map((await store.countMade(ids, within)).map(({ templateId, n }) => [templateId!, n])),
      of: store.madeFrom,
      portsOn: async (serverId) =>
        new Set(
          (await store.servicesOn(serverId)).flatMap(({ services }) =>
            services.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort)),
          ),
        ),
    } satisfies MadeFromTemplates,
    inProjects: {
      of: async (projectIds: string[]) => new Map((await store.countIn(projectIds)).map(({ projectId, n }) => [projectId!, n])),
    },
    counts: {
      of: async (serverIds: string[], within?: string[]) =>
        new Map((await store.countOn(serverIds, within)).map(({ serverId, n }) => [serverId, n])),
    },

    /** A new app and its first version, as parts of some batch. */
    async draft({ name, serverId, projectId, adopts = null, template, ...config }: Config & NewOwner & Owner, actor: Actor) {
      await nameIsFree(name);
      configs.check(config);
      const project = projectId === null ? null : (await projects.find(projectId)).id;
      const app = {
        id: newId("app", clock),
        name,
        serverId,
        projectId: project,
        adopts,
        ...(template && madeFrom(template)),
        refersTo: referencesOf(config.env),
        keepReleases: KEPT_RELEASES,
        createdAt: clock.now(),
        version: 1,
      };
      const version = await configs.statements({ ...config, appId: app.id, number: 1, message: "First version", by: actor.name });
      return { app, statements: [store.insert(app), ...version] };
    },
    /** What a server is told of a configuration. */
    effective,
    deploying: (id: string, release: number, deploymentId: string): Statement => store.deploying(id, release, deploymentId),
    rollingBack: (id: string, deploymentId: string): Statement => store.rollingBack(id, deploymentId),
    async live(id: string, live: { release: number; version: number; deploymentId: string; order: number }) {
      await store.live(id, live);
      changed(id);
    },
    changed,
    seen,
    /** What was done to an app on its server itself, as a part of some batch; nothing where that app is not there. */
    async acted(serverId: string, id: string, act: Parameters<typeof store.acted>[2]): Promise<Statement[]> {
      const app = await store.find(id);
      return app?.serverId === serverId ? [store.acted(serverId, id, act)] : [];
    },

    ...config,

    async change(idOrName: string, { projectId, labels, keepReleases, updates }: ChangeApp, actor: Actor): Promise<AppView> {
      const app = await find(idOrName);
      const project = projectId === undefined || projectId === null ? projectId : (await projects.find(projectId)).id;
      const given = {
        ...(project !== undefined && { projectId: project }),
        ...(labels && { labels }),
        ...(keepReleases !== undefined && { keepReleases }),
        ...(updates && { updates, hasWindow: updates.mode === "window" }),
      };
      const act = { actor, action: "change-app", subject: app.name, appId: app.id, serverId: app.serverId };
      if (Object.keys(given).length > 0) await activity.write(act, [store.change(app.id, given)]);
      changed(app.id);
      return (await viewsOf([await find(app.id)]))[0]!;
    },

    /** Which apps a user wants to have at hand; `within`: of those that they still see. */
    favourites: async (userId: string, within?: string[]) => (await store.favourites(userId, within)).map(({ appId }) => appId),
    async favour(userId: string, idOrName: string, favourite: boolean) {
      const { id } = await find(idOrName);
      await store.favour(userId, id, favourite);
    },

    notRemoving,
    imageUpdates: appUpdateStore(database),

    /** Asks the app's server to start, stop or restart what runs there. */
    async order(idOrName: string, kind: "start-app" | "stop-app" | "restart-app", actor: Actor, key?: string): Promise<Job> {
      const app = await find(idOrName);
      await notRemoving(app);
      const server = await servers.find(app.serverId);
      const act = { actor, action: kind, subject: app.name };
      return jobs.enqueue({ server, kind, input: { appId: app.id, name: app.name }, app, act, key });
    },
    /** `sees`: of which projects whoever removes it may be told. */
    async remove(idOrName: string, volumes: "keep" | "delete", { sees, actor, key }: Removing): Promise<Job> {
      const app = await find(idOrName);
      const referring = await store.referringTo(app.id);
      if (referring.length > 0) {
        const named = referring.filter(({ projectId }) => sees(projectId)).map(({ name }) => name);
        const all = [...named, ...(named.length < referring.length ? ["apps that you may not see"] : [])].join(", ");
        const todo = named.length < referring.length ? "Ask an administrator to change those" : "Change those first, then remove it";
        throw new AppError("CONFLICT", `Variables of ${all} take their values from ${app.name}. ${todo}.`, { referring: named });
      }
      const server = await servers.find(app.serverId);
      const act = { actor, action: volumes === "delete" ? "remove-app-and-volumes" : "remove-app", subject: app.name };
      return jobs.enqueue({ server, kind: "remove-app", input: { appId: app.id, name: app.name, volumes }, app, act, key });
    },

    started: settledAs("running"),
    stopped: settledAs("stopped"),
    removed: (async ({ appId, state }) => {
      if (!appId) return;
      if (state === "succeeded") await store.remove(appId, clock.now());
      events.publish({ type: state === "succeeded" ? "app.removed" : "app.changed", id: appId });
    }) satisfies Settled,

    /** What a server's agent says of its containers. It can speak of its own server's apps only; what it said before is not written again. */
    async observed(serverId: string, inventory: AppInventory[], whole: boolean) {
      const now = clock.now();
      const known = new Map((await store.observations(serverId)).map((app) => [app.id, app]));
      const named = new Set(inventory.map(({ appId }) => appId));
      const absent = whole ? [...known.keys()].filter((id) => !named.has(id)) : [];
      const said: AppInventory[] = [...inventory, ...absent.map((appId) => ({ appId, services: [] }))];
      const other = said.filter(({ appId, services, drift }) => {
        const app = known.get(appId);
        if (!app) return false;
        const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
        return app.observedAt === null || !same(app.services, services) || (drift !== undefined && !same(app.drift, drift));
      });
      const [first, ...more] = other.map(({ appId, services, drift }) => store.observed(serverId, appId, services, now, drift));
      if (!first) return;
      await store.batch([first, ...more]);
      for (const { appId } of other) changed(appId);
      if (whole) events.publish({ type: "server.changed", id: serverId });
    },
  };
}

const Seen = z.object({ services: z.array(ServiceState) });

interface Removing {
  sees: (projectId: string | null) => boolean;
  actor: Actor;
  key?: string | undefined;
}

interface NewOwner {
  name: string;
  adopts?: AppRow["adopts"];
  template?: { id: string; version: string } | undefined;
}
/** The first config version is what the template gave. */
const madeFrom = ({ id, version }: { id: string; version: string }) => ({ templateId: id, templateVersion: version, templateBase: 1 });
