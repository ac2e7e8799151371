import type { Presence, ServerSample, ServerView } from "@appos/shared/servers";
import type { Tone } from "#lib/ui/tone.ts";
import { viewerLink } from "#lib/viewer-link.svelte.ts";

export const presenceStatus: Record<Presence, { tone: Tone; word: string }> = {
  added: { tone: "busy", word: "Waiting for its agent" },
  up: { tone: "ok", word: "Up" },
  away: { tone: "warn", word: "Away" },
  lost: { tone: "bad", word: "Lost" },
};

/** The newest sample of a server that is up: from the link, or from when it was fetched. */
export function newestSample({ id, presence, sample }: ServerView): ServerSample | null {
  if (presence !== "up") return null;
  const heard = viewerLink.samples.get(id)?.at(-1);
  return heard && heard.at >= (sample?.at ?? 0) ? heard : sample;
}
