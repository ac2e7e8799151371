import type { DeploymentKind, DeploymentStatus, DeploymentView } from "@appos/shared/deployments";
import type { Tone } from "#lib/ui/tone.ts";

export const deploymentStatus: Record<DeploymentStatus, { tone: Tone; word: string }> = {
  pending: { tone: "busy", word: "Pending" },
  running: { tone: "busy", word: "Running" },
  succeeded: { tone: "ok", word: "Succeeded" },
  failed: { tone: "bad", word: "Failed" },
  canceled: { tone: "idle", word: "Canceled" },
  lost: { tone: "warn", word: "Lost" },
};

/** What it was, where it did not simply make a release. */
export const kindWords: Record<DeploymentKind, string | undefined> = { deploy: undefined, rollback: "roll-back", adopt: "taken over" };

export const isOpen = ({ status }: Pick<DeploymentView, "status">): boolean => status === "pending" || status === "running";

/** How long it took, or has taken; nothing before it began. */
export function tookMs({ startedAt, endedAt }: Pick<DeploymentView, "startedAt" | "endedAt">, now: number): number | null {
  return startedAt === null ? null : (endedAt ?? now) - startedAt;
}
