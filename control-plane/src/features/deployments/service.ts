import type { AdoptedProject } from "@appos/shared/adoption";
import type { AppView, NewApp } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { PageQuery } from "@appos/shared/envelope";
import { isDeployment, jobKinds } from "@appos/shared/jobs";
import type { RollBack } from "@appos/shared/releases";
import { AppError, errorText, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { Secrets } from "../../secrets.ts";
import type { Actor } from "../activity/service.ts";
import type { AppRow, AppService } from "../apps/service.ts";
import type { Config, ConfigService } from "../configs/service.ts";
import type { Job, JobService, Records, Settled, Watch } from "../jobs/service.ts";
import type { Asking, DomainService } from "../domains/service.ts";
import type { ServerService } from "../servers/service.ts";
import type { TemplateService } from "../templates/service.ts";
import { deploymentView } from "./deployment-view.ts";
import { releaseEnv, releases } from "./releases.ts";
import type { DeploymentRow } from "./schema.ts";
import { deploymentStore } from "./store.ts";

export type DeploymentService = ReturnType<typeof deploymentService>;

/** Those who deploy the same app at once want the same release number; whoever is second takes the next. Webhooks come by the dozen. */
const TRIES = 50;

/** What a deployment may be told besides its app. */
interface StartOptions {
  /** The newest one where it is left out. */
  version?: number | undefined;
  /** Dangers that somebody has seen and accepts. */
  confirm?: string[] | undefined;
  /** Services whose images are pulled though they are here. */
  refresh?: string[] | undefined;
}

/** Of each app, so many deployments stay with their logs however old they are; and the live one. */
const LAST_KEPT = 10;

export function deploymentService(
  { database, clock, events, log, rooms }: Ports,
  secrets: Secrets,
  servers: ServerService,
  jobs: JobService,
  configs: ConfigService,
  apps: AppService,
  templates: TemplateService,
  domains: DomainService,
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

  const past = releases(store, { rooms }, secrets, { jobs, configs, apps });

  interface Order {
    app: Pick<AppRow, "id" | "name" | "serverId" | "projectId" | "keepReleases"> & Partial<Pick<AppRow, "adopts" | "liveRelease">>;
    release: number;
    version: number;
    config: Config;
    confirmed: string[];
    refresh: string[];
  }
  /** Release, deployment, job and their audit row are written together, or none is. */
  async function deploy(
    { app, release, version, config, confirmed, refresh }: Order,
    actor: Actor | null,
    key: string | undefined,
    asked: unknown,
    /** With a new app: what makes it. */
    creation?: (jobId: string) => Statement[],
  ) {
    const server = await servers.find(app.serverId);
    const id = newId("dep", clock);
    const createdAt = clock.now();
    const effective = await apps.effective(app, config);
    configs.check(effective);
    const env = await releaseEnv(secrets).seal(app.id, release, effective.env);
    const adopts = app.liveRelease === null || app.liveRelease === undefined ? app.adopts : undefined;
    const alongside = (jobId: string) => [
      ...(creation?.(jobId) ?? []),
      store.insertRelease({ appId: app.id, number: release, version, env, createdAt }),
      store.insert({ id, appId: app.id, kind: adopts ? "adopt" : "deploy", release, version, jobId }),
      apps.deploying(app.id, release, id),
    ];
    const told = { appId: app.id, name: app.name, release };
    const request = { server, app, key, asked };
    const act = (action: string) => ({ actor, action, subject: app.name, deploymentId: id });
    if (adopts) {
      const input = { ...told, ...adopts, compose: effective.compose, env: effective.env };
      return jobs.enqueue({ ...request, kind: "adopt-app", input, act: act("adopt-app") }, alongside);
    }
    const input = { ...told, ...effective, confirmed, refresh, keep: app.keepReleases, adopted: app.adopts ?? null };
    return jobs.enqueue(
      {
        ...request,
        kind: "deploy-app",
        input,
        act: act(creation ? "create-app" : refresh.length > 0 ? "update-app" : "deploy-app"),
      },
      alongside,
    );
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
    /** Of one app, or of all; `within`: of the apps of these projects only. */
    list: async (page: PageQuery, appId?: string, within?: string[]) =>
      pageOf(await viewsOf(await store.list(page, appId, within)), await store.count(appId, within), page),

    /** A new app, its first version and its first deployment: all of it or nothing. */
    async create(
      { name, serverId, projectId, source, env = [], files = [], confirm = [], domain }: NewApp,
      asking: Asking,
    ): Promise<{ app: AppView; deployment: DeploymentView }> {
      const { actor, key } = asking;
      const { type: _, ...from } = source;
      const asked = {
        create: name,
        serverId,
        projectId,
        ...from,
        env,
        files,
        ...(confirm.length > 0 && { confirm }),
        ...(domain && { domain: domains.ofNewApps.comparable(domain) }),
      };
      const answer = async (job: Job) => ({ app: await apps.view(job.appId!), deployment: await ofJob(job) });
      const earlier = await jobs.earlier(actor, key, asked);
      if (earlier) return answer(earlier);
      const server = await serverFor(serverId);
      const made =
        source.type === "template"
          ? await templates.fill(source, server.id, domains.ofNewApps.reachedBy(domain))
          : { compose: source.compose, env: [], files: [], template: undefined, routes: [] };
      const given = await apps.withSources({ id: null, serverId: server.id }, env);
      const own = new Set(given.map(({ key }) => key));
      const config = {
        compose: made.compose,
        env: [...made.env.filter(({ key }) => !own.has(key)), ...given],
        files: [...made.files, ...files],
      };
      const { app, statements } = await apps.draft(
        { name, serverId: server.id, projectId: projectId ?? null, template: made.template, ...config },
        actor,
      );
      const served = domain && (await domains.ofNewApps.check(domain, { name, server, projectId: projectId ?? null, ...made }, asking));
      const alongside = await served?.prepare(app.id);
      const order = { app, release: 1, version: 1, config, confirmed: confirm, refresh: [] };
      const job = await deploy(order, actor, key, asked, (jobId) => [...statements, ...(alongside?.(jobId) ?? [])]).catch(async (error) => {
        // Somebody else may have had the same name in the meantime.
        if (served) await served.prepare(app.id);
        throw error;
      });
      apps.changed(job.appId!);
      if (domain) await domains.ofNewApps.tell(server, { id: job.appId! }, domain, asking);
      return answer(job);
    },

    /** An app that takes over what runs on its server already. */
    async adopt(
      { config, ...made }: { name: string; serverId: string; adopts: AdoptedProject; config: Config },
      actor: Actor,
      key: string | undefined,
      asked: unknown,
    ) {
      const { app, statements } = await apps.draft({ ...made, projectId: null, ...config }, actor);
      const job = await deploy({ app, release: 1, version: 1, config, confirmed: [], refresh: [] }, actor, key, asked, () => statements);
      apps.changed(job.appId!);
      return { app: await apps.view(job.appId!), deployment: await ofJob(job) };
    },
    /** The app that was made by the same request before. */
    async created(actor: Actor, key: string | undefined, asked: unknown) {
      const earlier = await jobs.earlier(actor, key, asked);
      return earlier && { app: await apps.view(earlier.appId!), deployment: await ofJob(earlier) };
    },

    /** Makes a release of a version of the app, the newest where none is named, and puts it on its server. `actor` null: AppOS itself. */
    async start(idOrName: string, actor: Actor | null, key?: string, options: StartOptions = {}): Promise<DeploymentView> {
      const { confirm: confirmed = [], refresh = [] } = options;
      for (let attempt = 1; ; attempt++) {
        const app = await apps.find(idOrName);
        const asked = { deploy: app.id, ...options };
        await apps.notRemoving(app);
        const earlier = actor && (await jobs.earlier(actor, key, asked));
        if (earlier) return ofJob(earlier);
        const version = options.version ?? app.version;
        const config = await configs.content(app.id, version);
        const order = { app, release: app.release + 1, version, config, confirmed, refresh };
        try {
          return await ofJob(await deploy(order, actor, key, asked));
        } catch (error) {
          const overtaken = (await apps.find(app.id)).release > app.release;
          if (!overtaken || attempt === TRIES) throw error;
        }
      }
    },

    /** Puts an earlier release in the place of the live one; or the live one again, where what runs was changed by hand. */
    async rollBack(idOrName: string, asked: RollBack, actor: Actor, key?: string): Promise<DeploymentView> {
      const app = await apps.find(idOrName);
      await apps.notRemoving(app);
      const request = { rollback: app.id, ...asked };
      const earlier = await jobs.earlier(actor, key, request);
      if (earlier) return ofJob(earlier);
      const row = await past.target(app, asked.release);
      const { number: release, version } = row;
      const server = await servers.find(app.serverId);
      const id = newId("dep", clock);
      const input = {
        appId: app.id,
        name: app.name,
        release,
        confirmed: asked.confirm ?? [],
        keep: app.keepReleases,
        adopted: app.adopts,
        remake: await past.remake(app, row),
      };
      const act = { actor, action: "rollback-app", subject: `${app.name} to release ${release}`, deploymentId: id };
      const job = await jobs.enqueue({ server, kind: "rollback-app", input, app, act, key, asked: request }, (jobId) => [
        store.insert({ id, appId: app.id, kind: "rollback", release, version, jobId }),
        apps.rollingBack(app.id, id),
      ]);
      return ofJob(job);
    },
    releases: past.list,
    serverFor,
    /** What going back to a release would be made of; for its plan. */
    async remade(app: AppRow, release: number) {
      const row = await past.target(app, release);
      const made = await past.remake(app, row);
      if (!made) throw new AppError("CONFLICT", `Nobody knows any more which variables release ${release} of ${app.name} ran with.`);
      return { ...made, version: row.version };
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
        if (row.kind !== "rollback") {
          const canonical = await secrets.seal(result.canonical, `release ${row.appId} ${row.release}`);
          await store.pin(row.appId, row.release, result.images, canonical);
        }
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
      if (!isDeployment(job.kind)) return;
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
