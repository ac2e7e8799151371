import { sql } from "drizzle-orm";
import { type AnySQLiteColumn, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AdoptedProject } from "@appos/shared/adoption";
import type { ServiceState } from "@appos/shared/apps";
import type { DriftFinding } from "@appos/shared/drift";
import type { UpdateSettings, UpdatesFound } from "@appos/shared/updates";
import { projects } from "../projects/schema.ts";
import { servers } from "../servers/schema.ts";

// What an index is limited to, its queries have to say in the same words.
/** AppOS may deploy newer images of it by itself. */
export const hasUpdateWindow = (app: Record<"hasWindow", AnySQLiteColumn>) => sql`${app.hasWindow} = 1`;

export const apps = sqliteTable(
  "apps",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    serverId: text()
      .notNull()
      .references(() => servers.id),
    createdAt: integer().notNull(),
    removedAt: integer(),
    /** The newest config version, release and deployment. */
    version: integer().notNull(),
    release: integer().notNull().default(0),
    deploymentId: text(),
    /** What runs: set when a deployment has succeeded. */
    liveRelease: integer(),
    liveVersion: integer(),
    liveDeploymentId: text(),
    /** The number of the last job that changed what runs, or of the one before an act on the server itself: what came before counts no more. */
    lastOrder: integer().notNull().default(0),
    projectId: text().references(() => projects.id),
    /** Apps from which variables of its newest version take their values. */
    refersTo: text({ mode: "json" }).$type<string[]>().notNull().default([]),
    labels: text({ mode: "json" }).$type<string[]>().notNull().default([]),
    /** The template it was made from, that one's version, and the config version that is word for word what it gave. */
    templateId: text(),
    templateVersion: text(),
    templateBase: integer(),
    /** How many releases its server keeps, with their images. */
    keepReleases: integer().notNull().default(10),
    /** When the variables of the live release were put together: shared values that changed since are not running. */
    liveEnvAt: integer(),
    /** Whether newer images are deployed by AppOS itself; what there is, and of that what it has tried already. */
    updates: text({ mode: "json" }).$type<UpdateSettings>().notNull().default({ mode: "off" }),
    /** These settings name a window. */
    hasWindow: integer({ mode: "boolean" }).notNull().default(false),
    updatesFound: text({ mode: "json" }).$type<UpdatesFound>().notNull().default({ available: [], checkedAt: null, problem: null }),
    updatesTried: text().notNull().default(""),
    /** What whoever runs it wants: set by the last deploy, start or stop that succeeded. */
    wanted: text().$type<"running" | "stopped">().notNull().default("running"),
    /** Its containers, as its server last said. */
    services: text({ mode: "json" }).$type<ServiceState[]>().notNull().default([]),
    observedAt: integer(),
    /** Where that is not what the live release says. */
    drift: text({ mode: "json" }).$type<DriftFinding[]>().notNull().default([]),
    /** The compose project it takes over, for as long as it has not. */
    adopts: text({ mode: "json" }).$type<AdoptedProject>(),
  },
  (app) => [
    uniqueIndex("apps_name")
      .on(app.name)
      .where(sql`${app.removedAt} is null`),
    index("apps_server").on(app.serverId),
    index("apps_project").on(app.projectId),
    index("apps_template").on(app.templateId),
    index("apps_with_window").on(app.id).where(hasUpdateWindow(app)),
  ],
);

export type AppRow = typeof apps.$inferSelect;

/** What a user wants to have at hand. */
export const favourites = sqliteTable(
  "favourites",
  {
    userId: text().notNull(),
    appId: text()
      .notNull()
      .references(() => apps.id),
  },
  (favourite) => [primaryKey({ columns: [favourite.userId, favourite.appId] })],
);
