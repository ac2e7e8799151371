import type { TimelineEvent, TimelineView } from "@appos/shared/servers";
import { count } from "#lib/format/quantity.ts";
import { duration } from "#lib/format/time.ts";
import type { Tone } from "#lib/ui/tone.ts";

export const timelineStatus: Record<TimelineEvent, { tone: Tone; word: string }> = {
  enrolled: { tone: "ok", word: "Enrolled" },
  connected: { tone: "ok", word: "Connected" },
  lost: { tone: "warn", word: "Connection lost" },
  "control-plane-restarted": { tone: "idle", word: "The control plane was restarted" },
  copied: { tone: "bad", word: "Another agent used its key" },
  "agent-restarted": { tone: "idle", word: "Its agent was restarted" },
  "host-restarted": { tone: "idle", word: "The server was restarted" },
  flapping: { tone: "warn", word: "It lost its connection time and again" },
};

/** For how long, where that is known: "for 12 min", or "since then" while it goes on. */
export function howLong({ what, lastedMs }: Pick<TimelineView, "what" | "lastedMs">, newest: boolean): string | undefined {
  if (lastedMs !== null) return `for ${duration(lastedMs)}`;
  return newest && (what === "connected" || what === "lost") ? "since then" : undefined;
}

/** What else there is to say of it, sentence by sentence. */
export function timelineMore({ what, why, agentWhy, shortLosses }: TimelineView): string[] {
  return [
    ...(why ? [why] : []),
    ...(agentWhy ? [what === "connected" ? `Its agent on the last short loss: ${agentWhy}` : `Its agent: ${agentWhy}`] : []),
    ...(shortLosses > 0 ? [`${count(shortLosses, "short loss", "short losses")} meanwhile, each over within seconds.`] : []),
  ];
}
