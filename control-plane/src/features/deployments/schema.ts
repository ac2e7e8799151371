import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { DeploymentKind } from "@appos/shared/deployments";
import type { PinnedImage } from "@appos/shared/jobs";
import { apps } from "../apps/schema.ts";
import { jobs } from "../jobs/schema.ts";

/** A config version with its images pinned, once a deployment has found out which they are. */
export const releases = sqliteTable(
  "releases",
  {
    appId: text()
      .notNull()
      .references(() => apps.id),
    number: integer().notNull(),
    version: integer().notNull(),
    images: text({ mode: "json" }).$type<PinnedImage[]>(),
    /** What ran: the compose file as Compose resolved it, with our labels. It may hold secrets, so it is sealed. */
    canonical: text(),
    /** JSON of the variables it was made with, those of project and server among them, sealed. Null for releases of before this was kept. */
    env: text(),
    createdAt: integer().notNull(),
  },
  (release) => [primaryKey({ columns: [release.appId, release.number] })],
);

export const deployments = sqliteTable(
  "deployments",
  {
    number: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    appId: text()
      .notNull()
      .references(() => apps.id),
    kind: text().$type<DeploymentKind>().notNull().default("deploy"),
    release: integer().notNull(),
    version: integer().notNull(),
    jobId: text()
      .notNull()
      .unique()
      .references(() => jobs.id),
  },
  (deployment) => [index("deployments_app").on(deployment.appId, deployment.number)],
);

export type ReleaseRow = typeof releases.$inferSelect;
export type DeploymentRow = typeof deployments.$inferSelect;
