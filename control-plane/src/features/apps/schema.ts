import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ServiceState } from "@appos/shared/apps";
import { servers } from "../servers/schema.ts";

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
    /** What whoever runs it wants: set by the last deploy, start or stop that succeeded. */
    wanted: text().$type<"running" | "stopped">().notNull().default("running"),
    /** Its containers, as its server last said. */
    services: text({ mode: "json" }).$type<ServiceState[]>().notNull().default([]),
    observedAt: integer(),
  },
  (app) => [
    uniqueIndex("apps_name")
      .on(app.name)
      .where(sql`${app.removedAt} is null`),
    index("apps_server").on(app.serverId),
  ],
);

export type AppRow = typeof apps.$inferSelect;
