import type { ProxyModel } from "@appos/shared/sites";
import type { JobContext } from "../jobs/job.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import type { Found } from "./targets.ts";

/** A site that is new, or other than it was, has to lead somewhere; one that was served already says to visitors that it is down. */
export function mustReach(unreached: Found["unreached"], before: ProxyModel | undefined, model: ProxyModel, { say }: JobContext) {
  const textOf = (name: string, of: ProxyModel | undefined) => JSON.stringify(of?.sites.find((site) => site.name === name));
  for (const { name, problem } of unreached) {
    const message = `${name} cannot lead there: ${problem}`;
    if (textOf(name, before) !== textOf(name, model)) throw new JobFailure("TARGET_REFUSED", message);
    say.note(message);
  }
}
