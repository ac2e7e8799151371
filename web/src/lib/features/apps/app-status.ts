import type { AppStatus, AppView, ServiceState } from "@appos/shared/apps";
import type { Tone } from "#lib/ui/tone.ts";

export const appStatus: Record<AppStatus, { tone: Tone; word: string }> = {
  new: { tone: "warn", word: "Not deployed" },
  deploying: { tone: "busy", word: "Deploying" },
  running: { tone: "ok", word: "Running" },
  degraded: { tone: "warn", word: "Degraded" },
  down: { tone: "bad", word: "Down" },
  stopped: { tone: "idle", word: "Stopped" },
  removing: { tone: "busy", word: "Removing" },
  unknown: { tone: "warn", word: "Server away" },
};

/** Ended by itself, or by the signals that stopping sends. */
const STOPPED = [0, 137, 143];

/** One service in a word, as a person would say it; `stopped`: its app was stopped on purpose. */
export function serviceStatus({ state, health, exitCode }: ServiceState, stopped = false): { tone: Tone; word: string } {
  if (stopped && state === "exited" && STOPPED.includes(exitCode ?? 0)) return { tone: "idle", word: "Stopped" };
  if (state === "running" && health === "unhealthy") return { tone: "bad", word: "Unhealthy" };
  if (state === "running" && health === "starting") return { tone: "busy", word: "Starting" };
  if (state === "running" && health === "healthy") return { tone: "ok", word: "Healthy" };
  if (state === "running") return { tone: "ok", word: "Running" };
  if (state === "restarting") return { tone: "warn", word: "Restarting" };
  if (state === "dead") return { tone: "bad", word: "Dead" };
  if (state === "exited") return exitCode ? { tone: "bad", word: `Exited with ${exitCode}` } : { tone: "idle", word: "Exited" };
  return { tone: "idle", word: { created: "Created", paused: "Paused", removing: "Removing" }[state] };
}

/** Saved, but not what runs. */
export const savedNotRunning = ({ version, liveVersion, status }: AppView): boolean =>
  liveVersion !== null && liveVersion !== version && status !== "deploying" && status !== "removing";

/** What may be asked of an app as it is. */
export function mayAsk({ status, liveRelease }: AppView): { start: boolean; stop: boolean; restart: boolean; deploy: boolean } {
  const settled = status !== "deploying" && status !== "removing";
  const live = settled && liveRelease !== null;
  const runs = status === "running" || status === "degraded" || status === "unknown";
  return { start: live && !runs, stop: live && runs, restart: live && runs, deploy: status !== "removing" };
}
