import type { Presence } from "@appos/shared/servers";
import type { ServerRow } from "./schema.ts";

/** A link that is open again within this time was never away. */
export const SHORT_MS = 10_000;
/** Likewise after the control plane itself was away: every agent has to find its way back. */
export const RETURN_MS = 60_000;
/** A server away for as long as this is lost. */
export const LOST_AFTER_MS = 5 * 60_000;

/** Lost more than so often within this time, it is flapping, until it has held for as long. */
export const LOSSES_KEPT = 6;
export const FLAPPING_MS = 10 * 60_000;

/** What is kept of a server's link. */
export type Standing = Pick<
  ServerRow,
  "addedAt" | "connectedAt" | "disconnectedAt" | "lostWhy" | "awayAt" | "tellAt" | "losses" | "flappingSince"
>;

export interface Seen {
  presence: Presence;
  since: number;
  linked: boolean;
  flapping: boolean;
}

/** How a server's agent can be reached, and since when it is so. */
export function presenceOf(server: Standing, now: number): Seen {
  const linked = server.connectedAt !== null && server.disconnectedAt === null;
  const flapping = server.flappingSince !== null && now - (server.losses.at(-1) ?? now) < FLAPPING_MS;
  return { ...stateOf(server, now), linked, flapping };
}

function stateOf({ addedAt, connectedAt, disconnectedAt, awayAt }: Standing, now: number): Pick<Seen, "presence" | "since"> {
  if (connectedAt === null) return { presence: "added", since: addedAt };
  if (disconnectedAt === null || (awayAt !== null && now < awayAt)) return { presence: "up", since: connectedAt };
  return { presence: now - disconnectedAt < LOST_AFTER_MS ? "away" : "lost", since: disconnectedAt };
}
