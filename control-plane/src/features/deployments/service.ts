import type { AppView, NewApp } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { PageQuery } from "@appos/shared/envelope";
import { jobKinds } from "@appos/shared/jobs";
import { AppError, errorText, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { Secrets } from "../../secrets.ts";
import type { Actor } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import type { ConfigService } from "../configs/service.ts";
import type { Job, JobService, Records, Settled, Watch } from "../jobs/service.ts";
import type { ServerService } from "../servers/service.ts";
import { deploymentView } from "./deployment-view.ts";
import type { DeploymentRow } from "./schema.ts";
import { deploymentStore } from "./store.ts";

export type DeploymentService = ReturnType<typeof deploymentService>;

/** Those who deploy the same app at once want the same release number; whoever is second takes the next. Webhooks come by the dozen. */
const TRIES = 50;

/** Of each app, so many deployments stay with their logs however old they are; and the live one. */
const LAST_KEPT = 10;

export function deploymentService(
  { database, clock, events, log }: Ports,
  secrets: Secrets,
  servers: ServerService,
  jobs: JobService,
  configs: ConfigService,
  apps: AppService,
) {
  const store = deploymentStore(database);

  async function viewsOf(rows: DeploymentRow[]): Promise<DeploymentView[]> {
    const jobsById = new Map((await jobs.getMany(rows.map(({ jobId }) => jobId))).map((job) => [job.id, job]));
    const appsById = new Map((await apps.findMany([...new Set(rows.map(({ appId }) => appId))])).map((app) => [app.id, app]));
    const presences = await servers.presences([...jobsById.values()].map(({ serverId }) => serverId));
    return rows.flatMap((row) => {
      const [job, app] = [jobsById.get(row.jobId), appsById.get(row.appId)];
      const presence = job && presences.get(job.serverId);
      return job && app && presence ? [deploymentView(row, job, { app, server: { id: job.serverId, ...presence } })] : [];
    });
  }
  const viewOf = async (row: DeploymentRow) => (await viewsOf([row]))[0] ?? notFound("deployment");
  const find = async (id: string) => (await store.find(id)) ?? notFound("deployment");
  const ofJob = async (job: Job) => viewOf((await store.findByJob(job.id)) ?? notFound("deployment"));

  interface Order {
    app: { id: string; name: string; serverId: string };
    release: number;
    version: number;
    compose: string;
    env: NonNullable<NewApp["env"]>;
  }
  /** Release, deployment, job and their audit row are written together, or none is. */
  async function deploy(
    { app, release, version, compose, env }: Order,
    before: Statement[],
    actor: Actor,
    key: string | undefined,
    asked: unknown,
  ) {
    const server = await servers.find(app.serverId);
    const id = newId("dep", clock);
    const input = { appId: app.id, name: app.name, release, compose, env };
    const act = { actor, action: before.length > 0 ? "create-app" : "deploy-app", subject: app.name, deploymentId: id };
    return jobs.enqueue({ server, kind: "deploy-app", input, app, act, key, asked }, (jobId) => [
      ...before,
      store.insertRelease({ appId: app.id, number: release, version, createdAt: clock.now() }),
      store.insert({ id, appId: app.id, release, version, jobId }),
      apps.deploying(app.id, release, id),
    ]);
  }

  async function serverFor(serverId: string | undefined) {
    if (serverId !== undefined) return servers.find(serverId);
    const { items } = await servers.list({ page: 1, pageSize: 2 });
    if (items.length === 1) return servers.find(items[0]!.id);
    const message = items.length === 0 ? "There is no server to deploy to yet. Add one first." : "Say which server the app should run on.";
    throw new AppError("INVALID_REQUEST", message, [{ path: "serverId", message }]);
  }

  return {
    get: async (id: string) => viewOf(await find(id)),
    list: async (page: PageQuery, appId?: string) => pageOf(await viewsOf(await store.list(page, appId)), await store.count(appId), page),

    /** A new app, its first version and its first deployment: all of it or nothing. */
    async create(
      { name, serverId, source: { compose }, env = [] }: NewApp,
      actor: Actor,
      key?: string,
    ): Promise<{ app: AppView; deployment: DeploymentView }> {
      const asked = { create: name, serverId, compose, env };
      const answer = async (job: Job) => ({ app: await apps.view(job.appId!), deployment: await ofJob(job) });
      const earlier = await jobs.earlier(actor, key, asked);
      if (earlier) return answer(earlier);
      const server = await serverFor(serverId);
      const { app, statements } = await apps.draft({ name, serverId: server.id, compose, env }, actor);
      const job = await deploy({ app, release: 1, version: 1, compose, env }, statements, actor, key, asked);
      apps.changed(job.appId!);
      return answer(job);
    },

    /** Makes a release of the app's newest version, and puts it on its server. */
    async start(idOrName: string, actor: Actor, key?: string): Promise<DeploymentView> {
      for (let attempt = 1; ; attempt++) {
        const app = await apps.find(idOrName);
        const asked = { deploy: app.id };
        await apps.notRemoving(app);
        const earlier = await jobs.earlier(actor, key, asked);
        if (earlier) return ofJob(earlier);
        const { compose } = await configs.get(app.id, app.version);
        const order = { app, release: app.release + 1, version: app.version, compose, env: await configs.env(app.id, app.version) };
        try {
          return await ofJob(await deploy(order, [], actor, key, asked));
        } catch (error) {
          const overtaken = (await apps.find(app.id)).release > app.release;
          if (!overtaken || attempt === TRIES) throw error;
        }
      }
    },

    async cancel(id: string, actor: Actor): Promise<DeploymentView> {
      await jobs.cancel((await find(id)).jobId, actor);
      return viewOf(await find(id));
    },

    /** Told of every end of a deployment's job: it goes live, or what ran before goes on. */
    settled: (async (job) => {
      const row = await store.findByJob(job.id);
      if (!row) return;
      const { data: result } = jobKinds["deploy-app"].result.safeParse(job.result);
      if (job.state === "succeeded" && result) {
        const canonical = await secrets.seal(result.canonical, `release ${row.appId} ${row.release}`);
        await store.pin(row.appId, row.release, result.images, canonical);
        await apps.live(row.appId, { release: row.release, version: row.version, deploymentId: row.id, order: job.number });
      }
      await apps.seen(job);
    }) satisfies Settled,

    /** What retention asks of deployments: those that stay, and a deployment goes with its job. */
    records: {
      kept: async (jobIds) => new Set(await store.kept(jobIds, LAST_KEPT)),
      remove: (jobIds) => [store.removeOf(jobIds)],
    } satisfies Records,

    /** Tells whoever shows a deployment that its job has moved on. */
    watch: ((job) => {
      if (job.kind !== "deploy-app") return;
      store.findByJob(job.id).then(
        (row) => {
          if (!row) return;
          events.publish({ type: "deployment.changed", id: row.id });
          apps.changed(row.appId);
        },
        (error: unknown) => log.warn("a deployment's change was not told", { error: errorText(error) }),
      );
    }) satisfies Watch,
  };
}
