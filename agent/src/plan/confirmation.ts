import type { Danger } from "@appos/shared/plan";
import type { ReleaseFiles } from "../jobs/app-folder.ts";
import { hasBegun } from "../jobs/before.ts";
import type { JobContext } from "../jobs/job.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import type { Machine } from "../machine/machine.ts";
import { lostVolumes } from "./lost-volumes.ts";
import { mountedFiles } from "./mounted-files.ts";
import { overwrittenFiles } from "./overwritten-files.ts";
import { listed, type Next } from "./plan-model.ts";

/** The dangers on account of which a deployment stops. Where nothing is suspicious, nobody is asked. */
export async function stoppingDangers(next: Next, machine: Machine): Promise<Danger[]> {
  return [...(await lostVolumes(next, machine)), ...(await mountedFiles(next, machine)), ...(await overwrittenFiles(next, machine))];
}

interface Asked {
  /** Of the release that is to run. */
  files: ReleaseFiles;
  /** Null where nobody was asked: then it is only said. */
  confirmed: readonly string[] | null;
}

/** Ends the job unless somebody has seen and confirmed what it may cost. Nothing was touched yet. */
export async function needConfirmation(next: Next, { files, confirmed }: Asked, context: JobContext) {
  const { machine, say } = context;
  // An attempt that was cut off had passed here, and what it has begun is to come to its end.
  if (await hasBegun(files, context)) return;
  const open = (await stoppingDangers(next, machine)).filter(({ level, id }) => level === "stop" && !confirmed?.includes(id));
  const [first] = open;
  if (!first) return;
  for (const { message, remedy } of open) say.note(confirmed ? `${message} ${remedy}` : message);
  if (!confirmed) return;
  const ids = listed(open.map(({ id }) => id));
  const message = `Nothing was changed, for this may cost data or cannot work. To do it nevertheless, confirm ${ids}.`;
  throw new JobFailure("CONFIRMATION_NEEDED", message.slice(0, 4_000), {
    ...(first.service && { service: first.service }),
    dangers: open.slice(0, 50),
  });
}
