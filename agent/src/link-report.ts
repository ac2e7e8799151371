import type { LinkReport } from "@appos/shared/agent-link";

/** This run of the agent, and of its host. */
type Run = Pick<LinkReport, "life" | "boot">;

/** How the link before this one had ended: why, how long ago, and how often it could not be opened since. */
type Ended = NonNullable<LinkReport["last"]>;

const LONGEST_WHY = 300;

/** What an agent says of itself and of its last link once it is let in. */
const linkReport = (run: Run, last: Ended | undefined): LinkReport => ({
  ...run,
  last: last ? { why: last.why.slice(0, LONGEST_WHY), sinceMs: Math.max(0, Math.round(last.sinceMs)), attempts: last.attempts } : null,
});

/** Remembers how the last link ended, for as long as the agent runs. `now`: milliseconds, by a clock that never jumps. */
export function linkMemory(run: Run, now: () => number) {
  let open = false;
  let ended: { why: string; at: number; attempts: number } | undefined;
  return {
    /** The control plane has let this agent in: what there is to say. */
    up(): LinkReport {
      const report = linkReport(run, ended && { why: ended.why, sinceMs: now() - ended.at, attempts: ended.attempts });
      open = true;
      ended = undefined;
      return report;
    },
    /** A link has ended, or could not be opened. */
    down(why: string) {
      if (open) ended = { why, at: now(), attempts: 0 };
      else if (ended) ended.attempts++;
      open = false;
    },
  };
}
