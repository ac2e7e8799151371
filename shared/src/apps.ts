import { z } from "zod";
import { AppDomain } from "./app-domain.ts";
import { ConfigFiles } from "./config-files.ts";
import { DriftFinding } from "./drift.ts";
import { PageQuery } from "./envelope.ts";
import { EnvSettings } from "./env.ts";
import { Name, ProjectId, ServerId } from "./ids.ts";
import { ServiceState } from "./service-state.ts";
import { TemplateSource } from "./template-choice.ts";
import { AppTemplate } from "./templates.ts";
import { UpdateSettings, UpdatesView } from "./updates.ts";

export { PublishedPort, ServiceState } from "./service-state.ts";

export const NewApp = z.strictObject({
  name: Name,
  /** The server it runs on; may be left out where there is just one. */
  serverId: ServerId.optional(),
  source: z.discriminatedUnion("type", [z.strictObject({ type: z.literal("compose"), compose: z.string() }), TemplateSource]),
  projectId: ProjectId.optional(),
  env: EnvSettings.optional(),
  /** What its services mount from its own folder. */
  files: ConfigFiles.optional(),
  /** The dangers of the plan that somebody has seen and accepts, by their ids. */
  confirm: z.array(z.string().max(300)).max(500).optional(),
  /** Where people reach it. */
  domain: AppDomain.optional(),
});
export type NewApp = z.output<typeof NewApp>;

const Label = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._:/-]{0,39}$/u, "A label has letters, digits, spaces and . _ : / -, at most 40 in all");

/** What is left out stays. */
export const ChangeApp = z.strictObject({
  projectId: ProjectId.nullable().optional(),
  labels: z
    .array(Label)
    .max(20)
    .transform((labels) => [...new Set(labels)])
    .optional(),
  /** How many releases its server keeps, with their images. */
  keepReleases: z.int().min(1).max(100).optional(),
  updates: UpdateSettings.optional(),
});
export type ChangeApp = z.output<typeof ChangeApp>;

/**
 * deploying: a deployment is open. running: all services run and none is unhealthy. degraded: some do not.
 * stopped: none runs, as asked. down: none runs, though they should. new: nothing was ever deployed. unknown: its server is away.
 */
export const AppStatus = z.enum(["new", "deploying", "running", "degraded", "down", "stopped", "removing", "unknown"]);
export type AppStatus = z.output<typeof AppStatus>;

/** Which apps are asked for. */
export const AppQuery = PageQuery.extend({
  serverId: z.string().max(63).optional(),
  /** By id or name. */
  project: z.string().max(63).optional(),
  label: z.string().max(40).optional(),
  status: AppStatus.optional(),
  /** In their names and labels, and in those of their servers, projects and images. */
  search: z.string().trim().max(100).optional(),
});
export type AppQuery = z.output<typeof AppQuery>;

/** Removing an app keeps its volumes unless told otherwise. */
export const RemoveApp = z.object({ volumes: z.enum(["keep", "delete"]).default("keep") });

export const AppView = z
  .object({
    id: z.string(),
    name: z.string(),
    serverId: z.string(),
    serverName: z.string(),
    status: AppStatus,
    services: z.array(ServiceState),
    /** When its server last said how its services are. */
    observedAt: z.int().nullable(),
    /** Where what runs is not what the live release says. */
    drift: z.array(DriftFinding),
    /** The release that is live, and the config version it was made from. */
    liveRelease: z.int().nullable(),
    liveVersion: z.int().nullable(),
    /** The newest config version; another than `liveVersion` is saved but not running. */
    version: z.int(),
    /** Variables of its project or its server have changed since what runs was made. */
    sharedChanged: z.boolean(),
    project: z.object({ id: z.string(), name: z.string() }).nullable(),
    labels: z.array(z.string()),
    keepReleases: z.int(),
    /** What it was made from, where that is a template. */
    template: AppTemplate.nullable(),
    /** Newer images behind the tags that its services name. */
    updates: UpdatesView,
    /** The newest deployment. */
    deploymentId: z.string().nullable(),
    createdAt: z.int(),
  })
  .meta({ id: "App" });
export type AppView = z.output<typeof AppView>;
