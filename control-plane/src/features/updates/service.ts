import type { DeploymentView } from "@appos/shared/deployments";
import { registryOf, type RemoteImage } from "@appos/shared/registries";
import type { StartUpdate } from "@appos/shared/updates";
import { askServer } from "../../ask-server.ts";
import { AppError, errorText } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { Actor } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import type { ConfigService } from "../configs/service.ts";
import type { DeploymentService } from "../deployments/service.ts";
import type { JobService, Settled } from "../jobs/service.ts";
import { registriesOf } from "../registries/job-registries.ts";
import type { RegistryService } from "../registries/service.ts";
import type { ServerService } from "../servers/service.ts";
import { automaticUpdates } from "./automatic.ts";
import { isTagged, updatesOf } from "./available.ts";
import type { ImageCheck } from "./schema.ts";
import { type LiveApp, updateStore } from "./store.ts";

export type UpdateService = ReturnType<typeof updateService>;

const HOUR_MS = 3_600_000;
/** No image is asked for more often by itself, and not all at the same moment. */
const AGAIN = { afterMs: 6 * HOUR_MS, withinMs: HOUR_MS };
/** By hand it is asked for again after this. */
const BY_HAND_MS = 60_000;
/** Images of one server that are asked for in one minute. */
const AT_ONCE = 10;
const MOST = 20;

export function updateService(
  { database, clock, rooms, log }: Ports,
  servers: ServerService,
  jobs: JobService,
  registries: RegistryService,
  configs: ConfigService,
  apps: AppService,
  deployments: DeploymentService,
) {
  const store = updateStore(database);
  const automatic = automaticUpdates({ database, clock, log }, servers, jobs, apps, deployments);
  let seededAt = -Infinity;
  let running = false;

  /** Asks a server what is behind these images' tags, and keeps what it says. */
  async function ask(serverId: string, images: string[], live: LiveApp[]) {
    const logins = await registries.logins(await hostsOf(images, live));
    const { images: said } = await askServer(rooms, serverId, "image-digests", { images, logins });
    const before = new Map((await store.checks(serverId, images)).map((check) => [check.image, check]));
    const rows = said
      .filter(({ image }) => images.includes(image))
      .map((each) => store.save(checkOf(serverId, each, before.get(each.image))));
    const [first, ...more] = rows;
    if (first) await store.batch([first, ...more]);
  }

  /** What runs is said by the server: logins are for those registries only that the apps' own configurations name. */
  async function hostsOf(images: string[], live: LiveApp[]): Promise<string[]> {
    const known = await registries.known([...new Set(images.map(registryOf))]);
    const named = new Set<string>();
    for (const { id, images: ran } of live) {
      if (named.size === known.length) break;
      if (!ran.some(({ image }) => images.includes(image))) continue;
      const isNamed = registriesOf(await configOf(id));
      for (const host of known) if (isNamed(host)) named.add(host);
    }
    return [...named];
  }

  async function configOf(id: string) {
    const app = await apps.find(id);
    const config = await configs.content(id, app.liveVersion ?? app.version);
    // What it referred to may be gone.
    return apps.effective(app, config).catch(() => config);
  }

  function checkOf(serverId: string, { image, digest, alias, problem }: RemoteImage, before: ImageCheck | undefined) {
    const now = clock.now();
    const known = digest ?? before?.digest ?? null;
    return {
      serverId,
      image,
      dueAt: before?.dueAt ?? now + AGAIN.afterMs,
      checkedAt: now,
      digest: known,
      seenAt: known === before?.digest ? (before?.seenAt ?? now) : now,
      alias: digest === null ? (before?.alias ?? []) : alias,
      problem: problem?.message.slice(0, 1_000) ?? null,
    };
  }

  /** Says of each of these apps anew what is there for it. */
  async function tell(live: LiveApp[]) {
    const statements = [];
    for (const [serverId, its] of Map.groupBy(live, (app) => app.serverId)) {
      const images = [...new Set(its.flatMap((app) => app.images.map(({ image }) => image)))];
      const checks = new Map((images.length === 0 ? [] : await store.checks(serverId, images)).map((check) => [check.image, check]));
      for (const { id, found, images: ran } of its) {
        const next = updatesOf(ran, checks);
        if (JSON.stringify(next) !== JSON.stringify(found)) statements.push({ id, set: apps.imageUpdates.setFound(id, next) });
      }
    }
    const [first, ...more] = statements.map(({ set }) => set);
    if (first) await store.batch([first, ...more]);
    for (const { id } of statements) apps.changed(id);
  }

  /** A few images of one server that are due. What no app runs any more is not asked for again. */
  async function checkServer(serverId: string) {
    const claimed = await store.claim(serverId, clock.now(), AT_ONCE, AGAIN);
    const live = await store.liveApps({ serverId });
    const used = new Set(live.flatMap(({ images }) => images.map(({ image }) => image)));
    const unused = claimed.filter((image) => !used.has(image));
    if (unused.length > 0) await store.forget(serverId, unused);
    const images = claimed.filter((image) => used.has(image));
    if (images.length === 0) return;
    await ask(serverId, images, live);
    await tell(await store.liveApps({ serverId }));
  }

  async function checkDue() {
    const now = clock.now();
    if (now - seededAt >= HOUR_MS) await store.seed(now, AGAIN.afterMs);
    if (now - seededAt >= HOUR_MS) seededAt = now;
    const due = await store.serversDue(now);
    const presences = await servers.presences(due);
    const up = due.filter((serverId) => presences.get(serverId)?.linked);
    for (const { reason } of (await Promise.allSettled(up.map(checkServer))).filter((each) => each.status === "rejected")) {
      // A server that has gone, or whose agent is too old to be asked, is asked again when its images are due again.
      if (!(reason instanceof AppError)) throw reason;
      log.debug("a server was not asked for newer images", { error: errorText(reason) });
    }
  }

  return {
    /** Looks for what is newer where that is due, and deploys what may be deployed now. Called every minute. */
    async tick() {
      if (running) return;
      running = true;
      try {
        await checkDue();
        await automatic.deployDue();
      } finally {
        running = false;
      }
    },

    /** Looks now. What was asked for just now is not asked for again. */
    async check(idOrName: string) {
      const app = await apps.find(idOrName);
      const [live] = await store.liveApps({ appId: app.id });
      const images = [...new Set((live?.images ?? []).filter(isTagged).map(({ image }) => image))].slice(0, MOST);
      if (images.length === 0)
        throw new AppError("CONFLICT", `Nothing of ${app.name} runs whose image could have a newer one. Deploy it first.`);
      const known = new Map((await store.checks(app.serverId, images)).map((check) => [check.image, check]));
      const stale = images.filter((image) => clock.now() - (known.get(image)?.checkedAt ?? 0) >= BY_HAND_MS);
      if (live && stale.length > 0) await ask(app.serverId, stale, [live]);
      await tell(await store.liveApps({ serverId: app.serverId }));
      return apps.view(app.id);
    },

    /** Deploys what runs once more, with what is behind its tags by now. What was saved since and never deployed stays so. */
    async start(idOrName: string, { services, confirm }: StartUpdate, actor: Actor, key?: string): Promise<DeploymentView> {
      const { id, name, liveVersion, updatesFound } = await apps.find(idOrName);
      if (liveVersion === null) throw new AppError("CONFLICT", `Nothing of ${name} runs yet. Deploy it first.`);
      const refresh = services ?? updatesFound.available.map(({ service }) => service);
      if (refresh.length === 0) throw new AppError("CONFLICT", `Nothing newer is known for ${name}. Look for updates first.`);
      return deployments.start(id, actor, key, { refresh, version: liveVersion, ...(confirm && { confirm }) });
    },

    /** Another release may run now: what was newer may be what runs, and other images are to be asked for. */
    settled: (async ({ appId, state }) => {
      if (!appId || state !== "succeeded") return;
      const now = clock.now();
      await store.seed(now, AGAIN.afterMs, appId);
      const live = await store.liveApps({ appId });
      const known = new Map(live.flatMap(({ found }) => found.available).map(({ service, from }) => [service, from]));
      const moved = live.flatMap(({ images }) =>
        images.filter(({ service, digest }) => known.has(service) && known.get(service) !== digest),
      );
      if (moved.length > 0)
        await store.dueNow(
          live[0]!.serverId,
          moved.map(({ image }) => image),
          now,
        );
      await tell(live);
    }) satisfies Settled,
  };
}
