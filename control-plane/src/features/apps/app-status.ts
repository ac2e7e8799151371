import type { AppStatus, ServiceState } from "@appos/shared/apps";
import { isDeployment, type JobKind } from "@appos/shared/jobs";
import type { Presence } from "@appos/shared/servers";

interface Known {
  presence: Presence;
  wanted: "running" | "stopped";
  liveRelease: number | null;
  services: ServiceState[];
  /** The kinds of its jobs that have not ended. */
  openJobs: JobKind[];
}

/** A service that did what it was for and ended well is no less fine than one that runs. */
const fine = ({ state, health, exitCode }: ServiceState) =>
  (state === "running" && health !== "unhealthy") || (state === "exited" && exitCode === 0);

/** How an app is doing, in one word. */
export function appStatus({ presence, wanted, liveRelease, services, openJobs }: Known): AppStatus {
  if (openJobs.includes("remove-app")) return "removing";
  if (openJobs.some(isDeployment)) return "deploying";
  const running = services.filter(({ state }) => state === "running");
  if (liveRelease === null && services.length === 0) return "new";
  if (presence !== "up") return "unknown";
  if (wanted === "stopped" && running.length === 0) return "stopped";
  if (running.length === 0) return "down";
  return services.every(fine) ? "running" : "degraded";
}
