import type { DriftFinding } from "@appos/shared/drift";
import { isDeployment, type JobKind } from "@appos/shared/jobs";
import type { AppRow } from "./schema.ts";

/** While a job is at work, what runs is on its way; and what was stopped on purpose is no surprise. */
export function driftShown(
  { drift, wanted, liveRelease }: Pick<AppRow, "drift" | "wanted" | "liveRelease">,
  atWork: boolean,
): DriftFinding[] {
  if (atWork || liveRelease === null) return [];
  return wanted === "stopped" ? drift.filter(({ kind }) => kind !== "stopped" && kind !== "gone") : drift;
}

/** A deployment that succeeded leaves none, but one that took over what ran: its server says what that is. Undefined: as it was. */
export const driftAfter = (kind: JobKind): DriftFinding[] | undefined => (isDeployment(kind) && kind !== "adopt-app" ? [] : undefined);
