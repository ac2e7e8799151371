import { JobFailure } from "../jobs/job-failure.ts";
import { CommandFailed } from "../machine/machine.ts";

/** That it was a proxy that refused, in its own words. */
export function refusal(error: unknown, what: string): unknown {
  if (!(error instanceof CommandFailed)) return error;
  return new JobFailure("PROXY_REFUSED", `${what}. It said: ${saying(error.lines)}`, { lines: error.lines });
}

/** Its last word, which says what is wrong; of nginx, the last grave one, for others follow it. */
function saying(lines: string[]): string {
  const [, grave] = lines.findLast((line) => GRAVE.test(line))?.match(GRAVE) ?? [];
  return grave ?? lines.findLast((line) => line.trim() !== "")?.trim() ?? "nothing";
}
const GRAVE = /\[(?:emerg|alert|crit)\] (?:\d+#\d+: )?(.+)/;
