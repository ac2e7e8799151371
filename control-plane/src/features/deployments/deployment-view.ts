import type { DeploymentStatus, DeploymentView } from "@appos/shared/deployments";
import type { JobState } from "@appos/shared/jobs";
import type { Presence } from "@appos/shared/servers";
import type { ListedJob } from "../jobs/service.ts";
import type { DeploymentRow } from "./schema.ts";

/** A deployment keeps no state of its own that could disagree with its job's. */
const statusOf = {
  queued: "pending",
  offered: "pending",
  running: "running",
  succeeded: "succeeded",
  failed: "failed",
  canceled: "canceled",
  superseded: "canceled",
  lost: "lost",
} as const satisfies Record<JobState, DeploymentStatus>;

interface Around {
  app: { name: string; liveDeploymentId: string | null };
  server: { id: string; name: string; presence: Presence; since: number; linked: boolean };
}

export function deploymentView(
  { id, appId, kind, release, version, jobId }: DeploymentRow,
  job: ListedJob,
  { app, server }: Around,
): DeploymentView {
  const status = statusOf[job.state];
  return {
    id,
    appId,
    appName: app.name,
    serverId: server.id,
    serverName: server.name,
    jobId,
    kind,
    release,
    version,
    status,
    waitingFor: status === "pending" ? waitingFor(job, server) : null,
    cancelAskedAt: job.cancelAskedAt,
    error: job.error,
    live: app.liveDeploymentId === id,
    by: job.by,
    queuedAt: job.queuedAt,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
    logRemovedAt: job.logRemovedAt,
  };
}

function waitingFor({ state }: ListedJob, { name, presence, since, linked }: Around["server"]): DeploymentView["waitingFor"] {
  if (!linked) return { reason: "server", serverName: name, since: presence === "added" ? null : since };
  return state === "queued" ? { reason: "lane" } : null;
}
