import type { timeline } from "./schema.ts";
import { FLAPPING_MS, LOSSES_KEPT, LOST_AFTER_MS, SHORT_MS, type Standing } from "./presence.ts";

/** A line of a timeline, without whose it is. */
export type Line = Omit<typeof timeline.$inferInsert, "serverId" | "number" | "lasting">;

/** What something means for a server: what is kept of its link, and what its timeline tells. */
export interface News {
  set: Partial<Standing>;
  /** Lines to add, in this order. */
  lines: Line[];
  /** One more short loss, on the line that says since when it is connected. */
  short: boolean;
  /** The line that says that it is flapping has come to its end. */
  steady: boolean;
  /** A screen shows something else now. */
  told: boolean;
}

const nothing: News = { set: {}, lines: [], short: false, steady: false, told: false };

/** A loss is no news yet: only that there have been too many of them. */
export function onLost(server: Standing, why: string, now: number): News {
  if (server.connectedAt === null || server.disconnectedAt !== null) return nothing;
  const counted = count(server, now);
  const awayAt = now + SHORT_MS;
  return { ...counted, set: { ...counted.set, disconnectedAt: now, lostWhy: why, awayAt, tellAt: awayAt } };
}

/** A link is open, for the first time or again. */
export function onConnected(server: Standing, address: string | null, now: number): News {
  const line: Line = { at: now, what: "connected", address };
  const open = { disconnectedAt: null, lostWhy: null, awayAt: null };
  if (server.connectedAt === null) return { ...nothing, set: { ...open, connectedAt: now, tellAt: null }, lines: [line], told: true };
  // The one before was still thought to be open: its end was overlooked.
  const counted = server.disconnectedAt === null ? count(server, now) : nothing;
  const { flappingSince = server.flappingSince, losses = server.losses } = counted.set;
  const set = { ...counted.set, ...open, tellAt: flappingSince === null ? null : losses.at(-1)! + FLAPPING_MS };
  if (isShort(server, now)) {
    const byRestart = server.disconnectedAt !== null && server.lostWhy === null;
    if (byRestart) return { ...counted, set, lines: [line], told: true };
    return { ...counted, set, short: true };
  }
  const lines = isTold(server) ? [line] : [lostLine(server), line];
  return { ...counted, set: { ...set, connectedAt: now }, lines: [...lines, ...counted.lines], told: true };
}

/** What time alone has made news: a loss that is no short one, a server that is lost, one that flaps no longer. */
export function onTime(server: Standing, now: number): News {
  if (server.tellAt === null || now < server.tellAt) return nothing;
  const { disconnectedAt, flappingSince } = server;
  const calmAt = flappingSince === null ? null : server.losses.at(-1)! + FLAPPING_MS;
  const steady = calmAt !== null && now >= calmAt;
  const calm = steady ? { flappingSince: null } : {};
  const later = steady ? null : calmAt;
  if (disconnectedAt === null || isTold(server)) return { ...nothing, set: { ...calm, tellAt: later }, steady, told: true };
  return {
    ...nothing,
    set: { ...calm, tellAt: Math.max(disconnectedAt + LOST_AFTER_MS, now + 1) },
    lines: [lostLine(server)],
    steady,
    told: true,
  };
}

const isTold = ({ awayAt, tellAt }: Standing) => awayAt === null || tellAt !== awayAt;
const isShort = (server: Standing, now: number) => server.disconnectedAt === null || (!isTold(server) && now < server.awayAt!);
const lostLine = ({ disconnectedAt, lostWhy }: Standing): Line => ({
  at: disconnectedAt!,
  what: "lost",
  why: lostWhy ?? "It has not come back since the control plane was started again.",
});

/** One more loss. From the one that makes it too many on, the server is flapping until it has held its link for a while. */
function count(server: Standing, now: number): News {
  const held = now - (server.losses.at(-1) ?? -Infinity) >= FLAPPING_MS;
  const losses = [...server.losses, now].slice(-LOSSES_KEPT);
  const before = held ? null : server.flappingSince;
  const often = losses.length === LOSSES_KEPT && now - losses[0]! <= FLAPPING_MS;
  const begins = before === null && often;
  const flappingSince = begins ? now : before;
  const why = `Its link was lost ${LOSSES_KEPT} times within ${FLAPPING_MS / 60_000} minutes.`;
  return {
    ...nothing,
    set: { losses, flappingSince },
    lines: begins ? [{ at: now, what: "flapping", why }] : [],
    steady: held && server.flappingSince !== null,
    told: begins,
  };
}
