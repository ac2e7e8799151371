import { z } from "zod";
import { JobError } from "./jobs.ts";

export const DeploymentStatus = z.enum(["pending", "running", "succeeded", "failed", "canceled", "lost"]);
export type DeploymentStatus = z.output<typeof DeploymentStatus>;

export const DeploymentKind = z.enum(["deploy", "rollback", "adopt"]);
export type DeploymentKind = z.output<typeof DeploymentKind>;

/** The steps of a deployment, in order. `restore` comes only after a failure. */
export const deploySteps = ["check", "resolve", "pull", "start", "health"] as const;
export type DeployStep = (typeof deploySteps)[number] | "restore";

export const DeploymentView = z
  .object({
    id: z.string(),
    appId: z.string(),
    appName: z.string(),
    serverId: z.string(),
    serverName: z.string(),
    jobId: z.string(),
    /** Whether it made a release, went back to one, or took over what ran already. */
    kind: DeploymentKind,
    release: z.int(),
    /** The config version it was made from. */
    version: z.int(),
    status: DeploymentStatus,
    /** Why it is still pending: its server is away (since when), or an older job of the app runs. */
    waitingFor: z
      .discriminatedUnion("reason", [
        z.object({ reason: z.literal("server"), serverName: z.string(), since: z.int().nullable() }),
        z.object({ reason: z.literal("lane") }),
      ])
      .nullable(),
    cancelAskedAt: z.int().nullable(),
    error: JobError.nullable(),
    /** It is the one that runs now. */
    live: z.boolean(),
    by: z.string().nullable(),
    queuedAt: z.int(),
    startedAt: z.int().nullable(),
    endedAt: z.int().nullable(),
    /** Since when its log is no longer kept. */
    logRemovedAt: z.int().nullable(),
  })
  .meta({ id: "Deployment" });
export type DeploymentView = z.output<typeof DeploymentView>;

export const DeploymentQuery = z.object({ appId: z.string().optional() });

/** The dangers of the plan that somebody has seen and accepts, by their ids. */
export const Confirm = z.array(z.string().max(300)).max(500);
/** What is left out: the newest version, with nothing confirmed. */
export const StartDeployment = z.strictObject({ version: z.int().positive().optional(), confirm: Confirm.optional() });
export type StartDeployment = z.output<typeof StartDeployment>;
