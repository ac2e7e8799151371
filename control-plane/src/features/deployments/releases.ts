import type { PageQuery } from "@appos/shared/envelope";
import type { JobInput } from "@appos/shared/jobs";
import { EnvEntry } from "@appos/shared/env";
import type { ReleaseView } from "@appos/shared/releases";
import { z } from "zod";
import { askServer } from "../../ask-server.ts";
import { AppError } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { Secrets } from "../../secrets.ts";
import type { AppRow, AppService } from "../apps/service.ts";
import type { ConfigService } from "../configs/service.ts";
import type { JobService } from "../jobs/service.ts";
import type { ReleaseRow } from "./schema.ts";
import type { deploymentStore } from "./store.ts";

/** A list is not kept waiting longer for what its server has to say. */
const PATIENCE_MS = 3_000;

type Remake = JobInput<"rollback-app">["remake"];

/** A release's variables, as they were when it was made. */
export const releaseEnv = (secrets: Secrets) => {
  const about = (appId: string, release: number) => `release env ${appId} ${release}`;
  return {
    seal: (appId: string, release: number, env: EnvEntry[]) => secrets.seal(JSON.stringify(env), about(appId, release)),
    open: async ({ appId, number, env }: ReleaseRow) =>
      env === null ? undefined : z.array(EnvEntry).parse(JSON.parse(await secrets.open(env, about(appId, number)))),
  };
};

/** The releases of apps that were live once, and what each can be made of again. */
export function releases(
  store: ReturnType<typeof deploymentStore>,
  { rooms }: Pick<Ports, "rooms">,
  secrets: Secrets,
  { jobs, configs, apps }: { jobs: JobService; configs: ConfigService; apps: AppService },
) {
  /** What its server keeps; null where it does not say: it is away, or its agent is older. */
  async function keptBy({ id, name, serverId }: AppRow): Promise<Map<number, boolean> | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((done) => (timer = setTimeout(done, PATIENCE_MS, null)));
    try {
      const answer = await Promise.race([late, askServer(rooms, serverId, "kept-releases", { appId: id, name })]);
      return answer && new Map(answer.releases.map(({ release, here }) => [release, here]));
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async list(idOrName: string, page: PageQuery) {
      const app = await apps.find(idOrName);
      const rows = await store.releases(app.id, page);
      const made = await store.ofReleases(
        app.id,
        rows.map(({ number }) => number),
      );
      const done = new Map((await jobs.getMany(made.map(({ jobId }) => jobId))).map((job) => [job.id, job]));
      const kept = rows.length === 0 ? null : await keptBy(app);
      const views = rows.map(({ number, version, images, createdAt }): ReleaseView => {
        const its = made.filter(({ release }) => release === number).flatMap(({ jobId }) => done.get(jobId) ?? []);
        const ends = its.filter(({ state }) => state === "succeeded").flatMap(({ endedAt }) => endedAt ?? []);
        const first = its.toSorted((a, b) => a.number - b.number).at(0);
        return {
          number,
          version,
          images: images ?? [],
          createdAt,
          deployedAt: ends.length === 0 ? null : Math.max(...ends),
          by: first?.by ?? null,
          live: app.liveRelease === number,
          kept: kept && (kept.get(number) ?? false),
        };
      });
      return pageOf(views, await store.countReleases(app.id), page);
    },

    /** The one to go back to: it was live once. */
    async target({ id, name, liveRelease }: AppRow, asked: number | undefined): Promise<ReleaseRow> {
      if (liveRelease === null)
        throw new AppError("CONFLICT", `No release of ${name} is live, so there is none to go back from. Deploy it first.`);
      if (asked === undefined) {
        const former = await store.releaseBefore(id, liveRelease);
        if (former) return former;
        throw new AppError("CONFLICT", `There is no release of ${name} before release ${liveRelease} that ever ran.`);
      }
      const release = await store.release(id, asked);
      if (!release) throw new AppError("NOT_FOUND", `${name} has no release ${asked}.`);
      if (release.images === null)
        throw new AppError("CONFLICT", `Release ${asked} of ${name} never ran, so there is nothing to go back to.`);
      return release;
    },

    /** For a server that does not keep it any more. Null where nobody knows its variables. */
    async remake(app: AppRow, release: ReleaseRow): Promise<Remake> {
      const env = await releaseEnv(secrets).open(release);
      if (!env || !release.images) return null;
      const config = await configs.content(app.id, release.version);
      // What it referred to may be gone: it then runs without.
      const joins = await apps.effective(app, config).then(
        (effective) => effective.joins,
        () => [],
      );
      return { compose: config.compose, env, files: config.files, joins, images: release.images };
    },
  };
}
