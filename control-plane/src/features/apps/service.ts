import { z } from "zod";
import type { AppInventory } from "@appos/shared/agent-link";
import { type AppView, type EnvEntry, ServiceState } from "@appos/shared/apps";
import type { ConfigVersion, SaveCompose } from "@appos/shared/configs";
import type { PageQuery } from "@appos/shared/envelope";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { ConfigService } from "../configs/service.ts";
import type { Job, JobService, Settled } from "../jobs/service.ts";
import type { ServerService } from "../servers/service.ts";
import { appStatus } from "./app-status.ts";
import type { AppRow } from "./schema.ts";
import { appStore } from "./store.ts";

export type { AppRow } from "./schema.ts";
export type AppService = ReturnType<typeof appService>;

export function appService(
  { database, clock, events }: Ports,
  servers: ServerService,
  jobs: JobService,
  configs: ConfigService,
  activity: ActivityService,
) {
  const store = appStore(database);
  const changed = (id: string) => events.publish({ type: "app.changed", id });
  const find = async (idOrName: string): Promise<AppRow> => (await store.findByIdOrName(idOrName)) ?? notFound("app");

  async function viewsOf(rows: AppRow[]): Promise<AppView[]> {
    const open = Map.groupBy(await jobs.openOfApps(rows.length === 1 ? rows[0]!.id : undefined), ({ appId }) => appId);
    const presences = await servers.presences(rows.map(({ serverId }) => serverId));
    return rows.map((row) => {
      const { id, name, serverId, services, observedAt, liveRelease, liveVersion, version, deploymentId, createdAt } = row;
      const server = presences.get(serverId) ?? { name: serverId, presence: "lost" as const, since: 0 };
      const status = appStatus({ ...row, presence: server.presence, openJobs: (open.get(id) ?? []).map(({ kind }) => kind) });
      return {
        id,
        name,
        serverId,
        serverName: server.name,
        status,
        services,
        // As long as its server was there, what it said last was so.
        observedAt: observedAt !== null && server.presence !== "up" ? Math.max(observedAt, server.since) : observedAt,
        liveRelease,
        liveVersion,
        version,
        deploymentId,
        createdAt,
      };
    });
  }

  /** What is asked of an app after its removal would leave behind what belongs to nobody. */
  async function notRemoving({ id, name }: Pick<AppRow, "id" | "name">) {
    const removing = (await jobs.openOfApps(id)).some(({ kind }) => kind === "remove-app");
    if (removing) throw new AppError("CONFLICT", `${name} is being removed.`);
  }

  async function nameIsFree(name: string) {
    if (await store.findByName(name))
      throw new AppError("NAME_TAKEN", `There is an app named ${name} already.`, [{ path: "name", message: "This name is taken." }]);
  }

  /** Writes the next version, unless somebody else was quicker. */
  async function save(app: AppRow, next: { compose: string; env: EnvEntry[]; message: string }, action: string, actor: Actor) {
    configs.check(next);
    const number = app.version + 1;
    const act = { actor, action, subject: app.name, appId: app.id, serverId: app.serverId };
    const version = await configs.statements({ ...next, appId: app.id, number, by: actor.name });
    try {
      await activity.write(act, [...version, store.setVersion(app.id, number)]);
    } catch (error) {
      if ((await find(app.id)).version >= number) throw staleEdit(number);
      throw error;
    }
    changed(app.id);
    return number;
  }

  const settledAs =
    (wanted: "running" | "stopped"): Settled =>
    async (job) => {
      if (job.appId && job.state === "succeeded") await store.wanted(job.appId, wanted, job.number);
      await seen(job);
    };

  /** A job that succeeded says how the containers were at its end: sooner than the inventory does. */
  async function seen({ appId, serverId, state, result, endedAt }: Job) {
    const { data } = Seen.safeParse(result);
    if (appId && state === "succeeded" && data) await store.batch([store.observed(serverId, appId, data.services, endedAt ?? clock.now())]);
    if (appId) changed(appId);
  }

  return {
    find,
    view: async (idOrName: string) => (await viewsOf([await find(idOrName)]))[0]!,
    list: async (page: PageQuery, serverId?: string) =>
      pageOf(await viewsOf(await store.list(page, serverId)), await store.count(serverId), page),
    findMany: (ids: string[]) => store.findMany(ids),
    count: () => store.count(),
    counts: { of: async (serverIds: string[]) => new Map((await store.countOn(serverIds)).map(({ serverId, n }) => [serverId, n])) },

    /** A new app and its first version, as parts of some batch. */
    async draft({ name, serverId, compose, env }: { name: string; serverId: string; compose: string; env: EnvEntry[] }, actor: Actor) {
      await nameIsFree(name);
      configs.check({ compose, env });
      const app = { id: newId("app", clock), name, serverId, createdAt: clock.now(), version: 1 };
      const version = await configs.statements({ appId: app.id, number: 1, compose, env, message: "First version", by: actor.name });
      return { app, statements: [store.insert(app), ...version] };
    },
    deploying: (id: string, release: number, deploymentId: string): Statement => store.deploying(id, release, deploymentId),
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

    async saveCompose(idOrName: string, { compose, message, basedOn }: SaveCompose, actor: Actor): Promise<ConfigVersion> {
      const app = await find(idOrName);
      if (basedOn !== undefined && basedOn !== app.version) throw staleEdit(app.version);
      const env = await configs.env(app.id, app.version);
      return configs.get(app.id, await save(app, { compose, env, message }, "save-config", actor));
    },

    async env(idOrName: string) {
      const app = await find(idOrName);
      const env = await configs.env(app.id, app.version);
      return { env: env.map(({ key, value, secret }) => ({ key, value: secret ? null : value, secret })) };
    },
    async saveEnv(idOrName: string, env: EnvEntry[], actor: Actor) {
      const app = await find(idOrName);
      const { compose } = await configs.get(app.id, app.version);
      await save(app, { compose, env, message: "Variables changed" }, "save-env", actor);
    },

    notRemoving,

    /** Asks the app's server to start, stop or restart what runs there. */
    async order(idOrName: string, kind: "start-app" | "stop-app" | "restart-app", actor: Actor, key?: string): Promise<Job> {
      const app = await find(idOrName);
      await notRemoving(app);
      const server = await servers.find(app.serverId);
      const act = { actor, action: kind, subject: app.name };
      return jobs.enqueue({ server, kind, input: { appId: app.id, name: app.name }, app, act, key });
    },
    async remove(idOrName: string, volumes: "keep" | "delete", actor: Actor, key?: string): Promise<Job> {
      const app = await find(idOrName);
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
      const said = [...inventory, ...absent.map((appId) => ({ appId, services: [] }))];
      const other = said.filter(({ appId, services }) => {
        const app = known.get(appId);
        return app && (app.observedAt === null || JSON.stringify(app.services) !== JSON.stringify(services));
      });
      const [first, ...more] = other.map(({ appId, services }) => store.observed(serverId, appId, services, now));
      if (!first) return;
      await store.batch([first, ...more]);
      for (const { appId } of other) changed(appId);
      if (whole) events.publish({ type: "server.changed", id: serverId });
    },
  };
}

const Seen = z.object({ services: z.array(ServiceState) });

const staleEdit = (version: number) =>
  new AppError("CONFLICT", `Somebody else has saved version ${version} meanwhile. Look at it, then save again.`, { version });
