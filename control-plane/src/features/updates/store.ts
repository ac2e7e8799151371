import { and, eq, inArray, lte, sql } from "drizzle-orm";
import { z } from "zod";
import { PinnedImage } from "@appos/shared/jobs";
import { UpdatesFound } from "@appos/shared/updates";
import type { Database, Statement } from "../../ports.ts";
import { type ImageCheck, imageChecks } from "./schema.ts";

/** An app with what its live release runs. */
export interface LiveApp {
  id: string;
  serverId: string;
  found: UpdatesFound;
  images: PinnedImage[];
}
const PinnedImages = z.array(PinnedImage);

export function updateStore(database: Database) {
  const of = (serverId: string, images: string[]) => and(eq(imageChecks.serverId, serverId), inArray(imageChecks.image, images));
  return {
    /** What the live releases of a server's apps run, or of one app. */
    async liveApps(where: { serverId: string } | { appId: string }): Promise<LiveApp[]> {
      const which = "appId" in where ? sql`apps.id = ${where.appId}` : sql`apps.serverId = ${where.serverId}`;
      const live = sql`apps join releases on releases.appId = apps.id and releases.number = apps.liveRelease`;
      const columns = {
        id: sql<string>`apps.id`,
        serverId: sql<string>`apps.serverId`,
        found: sql<string>`apps.updatesFound`,
        images: sql<string | null>`releases.images`,
      };
      const rows = await database
        .select(columns)
        .from(live)
        .where(sql`apps.removedAt is null and ${which}`);
      return rows.map(({ id, serverId, found, images }) => ({
        id,
        serverId,
        found: UpdatesFound.parse(JSON.parse(found)),
        images: PinnedImages.parse(JSON.parse(images ?? "[]")),
      }));
    },

    /** Has every image asked for that runs under a tag, each for the first time at some moment of the next `withinMs`. */
    seed: (now: number, withinMs: number, appId?: string) =>
      database.run(sql`insert or ignore into image_checks (serverId, image, dueAt)
        select apps.serverId, json_extract(value, '$.image'), ${now} + abs(random()) % ${withinMs}
        from apps join releases on releases.appId = apps.id and releases.number = apps.liveRelease, json_each(releases.images)
        where apps.removedAt is null and json_extract(value, '$.image') not like '%@%' and json_extract(value, '$.image') not like 'sha256:%'
          ${appId === undefined ? sql`` : sql`and apps.id = ${appId}`}`),
    serversDue: async (now: number) =>
      (await database.selectDistinct({ serverId: imageChecks.serverId }).from(imageChecks).where(lte(imageChecks.dueAt, now))).map(
        ({ serverId }) => serverId,
      ),
    /** Takes on a few images that are due; whoever comes second finds them taken. */
    async claim(serverId: string, now: number, most: number, next: { afterMs: number; withinMs: number }): Promise<string[]> {
      const first = sql`${imageChecks.image} in (select image from image_checks where serverId = ${serverId} and dueAt <= ${now} order by dueAt limit ${most})`;
      const taken = database
        .update(imageChecks)
        .set({ dueAt: sql`${now + next.afterMs} + abs(random()) % ${next.withinMs}` })
        .where(and(eq(imageChecks.serverId, serverId), lte(imageChecks.dueAt, now), first));
      return (await taken.returning({ image: imageChecks.image })).map(({ image }) => image);
    },
    checks: (serverId: string, images: string[]): Promise<ImageCheck[]> => database.select().from(imageChecks).where(of(serverId, images)),
    save: (check: typeof imageChecks.$inferInsert): Statement =>
      database
        .insert(imageChecks)
        .values(check)
        .onConflictDoUpdate({ target: [imageChecks.serverId, imageChecks.image], set: check }),
    dueNow: (serverId: string, images: string[], now: number) =>
      database.update(imageChecks).set({ dueAt: now }).where(of(serverId, images)),
    forget: (serverId: string, images: string[]) => database.delete(imageChecks).where(of(serverId, images)),
    batch: (statements: [Statement, ...Statement[]]) => database.batch(statements),
  };
}
