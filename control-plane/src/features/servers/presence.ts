import type { Presence } from "@appos/shared/servers";
import type { ServerRow } from "./schema.ts";

/** A server away for as long as this is lost. */
export const LOST_AFTER_MS = 5 * 60_000;

/** Whether a server's agent can be reached, and since when it is so. */
export function presenceOf(
  { addedAt, connectedAt, disconnectedAt }: Pick<ServerRow, "addedAt" | "connectedAt" | "disconnectedAt">,
  now: number,
): { presence: Presence; since: number } {
  if (connectedAt === null) return { presence: "added", since: addedAt };
  if (disconnectedAt === null) return { presence: "up", since: connectedAt };
  return { presence: now - disconnectedAt < LOST_AFTER_MS ? "away" : "lost", since: disconnectedAt };
}
