import type { SourceSchedule } from "@appos/shared/template-sources";

const HOUR = 3_600_000;
const everyMs: Record<SourceSchedule, number | null> = { off: null, daily: 24 * HOUR, weekly: 7 * 24 * HOUR };
/** After a failure it is tried again sooner. */
const AGAIN_MS = HOUR;

/** When a source is asked again; each at another minute, so that not all are asked at once. */
export function nextAt(schedule: SourceSchedule, now: number, id: string, failed = false): number | null {
  const every = everyMs[schedule];
  if (every === null) return null;
  const spread = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 60, 7) * 60_000;
  return now + (failed ? Math.min(every, AGAIN_MS) : every) + spread;
}
