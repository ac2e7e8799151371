import { and, count, desc, eq, inArray, isNotNull, lt, or, sql } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { PinnedImage } from "@appos/shared/jobs";
import type { Database, Statement } from "../../ports.ts";
import { type DeploymentRow, deployments, type ReleaseRow, releases } from "./schema.ts";

export function deploymentStore(database: Database) {
  const first = async (rows: Promise<DeploymentRow[]>) => (await rows).at(0);
  const ranOnce = (appId: string) => and(eq(releases.appId, appId), isNotNull(releases.images));
  const of = (appId: string | undefined, within?: string[]) =>
    and(
      appId === undefined ? undefined : eq(deployments.appId, appId),
      within && sql`${deployments.appId} in (select id from apps where ${inArray(sql`apps.projectId`, within)})`,
    );
  // Prepared: it is asked at every change of a job.
  const byJob = database
    .select()
    .from(deployments)
    .where(eq(deployments.jobId, sql.placeholder("jobId")))
    .prepare();
  return {
    find: (id: string) => first(database.select().from(deployments).where(eq(deployments.id, id))),
    findByJob: (jobId: string) => first(byJob.all({ jobId })),
    count: async (appId?: string, within?: string[]) =>
      (await database.select({ n: count() }).from(deployments).where(of(appId, within)))[0]!.n,
    list: ({ page, pageSize }: PageQuery, appId?: string, within?: string[]) =>
      database
        .select()
        .from(deployments)
        .where(of(appId, within))
        .orderBy(desc(deployments.number))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    /** Of these jobs, those of a live deployment or of an app's last `newest` ones. */
    async kept(jobIds: string[], newest: number): Promise<string[]> {
      const live = sql`exists (select 1 from apps where apps.id = ${deployments.appId} and apps.removedAt is null and apps.liveDeploymentId = ${deployments.id})`;
      const newer = sql`(select count(*) from (select 1 from deployments as other where other.appId = ${deployments.appId} and other.number > ${deployments.number} limit ${newest}))`;
      const recent = sql`${newer} < ${newest} and exists (select 1 from apps where apps.id = ${deployments.appId} and apps.removedAt is null)`;
      const rows = await database
        .select({ jobId: deployments.jobId })
        .from(deployments)
        .where(and(inArray(deployments.jobId, jobIds), or(live, recent)));
      return rows.map(({ jobId }) => jobId);
    },
    removeOf: (jobIds: string[]): Statement => database.delete(deployments).where(inArray(deployments.jobId, jobIds)),
    insert: (row: typeof deployments.$inferInsert): Statement => database.insert(deployments).values(row),
    insertRelease: (row: typeof releases.$inferInsert): Statement => database.insert(releases).values(row),
    release: async (appId: string, number: number): Promise<ReleaseRow | undefined> =>
      (
        await database
          .select()
          .from(releases)
          .where(and(eq(releases.appId, appId), eq(releases.number, number)))
      ).at(0),
    /** The newest of those that were live once, below that number. */
    releaseBefore: async (appId: string, number: number): Promise<ReleaseRow | undefined> =>
      (
        await database
          .select()
          .from(releases)
          .where(and(ranOnce(appId), lt(releases.number, number)))
          .orderBy(desc(releases.number))
          .limit(1)
      ).at(0),
    releases: (appId: string, { page, pageSize }: PageQuery) =>
      database
        .select({ number: releases.number, version: releases.version, images: releases.images, createdAt: releases.createdAt })
        .from(releases)
        .where(ranOnce(appId))
        .orderBy(desc(releases.number))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    countReleases: async (appId: string) => (await database.select({ n: count() }).from(releases).where(ranOnce(appId)))[0]!.n,
    /** Which deployments were of these releases. */
    ofReleases: (appId: string, numbers: number[]) =>
      database
        .select({ release: deployments.release, jobId: deployments.jobId })
        .from(deployments)
        .where(and(eq(deployments.appId, appId), inArray(deployments.release, numbers))),
    pin: (appId: string, number: number, images: PinnedImage[], canonical: string) =>
      database
        .update(releases)
        .set({ images, canonical })
        .where(and(eq(releases.appId, appId), eq(releases.number, number))),
  };
}
