import { failpoint } from "@appos/shared/failpoint";
import { composeDown } from "../commands/compose.ts";
import type { AppFolder, ReleaseFiles } from "./app-folder.ts";
import { bringUp } from "./bring-up.ts";
import { throughOutages } from "./docker-outage.ts";
import { takeBack } from "./former-texts.ts";
import { awaitHealth } from "./health.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { writeHashes } from "./manifest.ts";
import { pinRelease } from "./pin-release.ts";
import { runComposeKeepingLogs } from "./run-compose.ts";
import { asFailure } from "./step.ts";

const LIMIT_MS = 10 * 60_000;

interface Before {
  app: AppFolder;
  /** The release that was live; undefined where there was none. */
  before: ReleaseFiles | undefined;
  /** It ran, and was not merely there. */
  ran: boolean;
}

/** After a release could not be started: puts back what was there, and gives the error to end with. */
export async function failedRelease(error: unknown, was: Before, context: JobContext): Promise<unknown> {
  const { say, machine } = context;
  say.end(context.signal.aborted ? "canceled" : "failed");
  say.step("restore");
  failpoint("agent: restore begins");
  // The job's own signal may be the reason why this is needed.
  const own: JobContext = { ...context, signal: AbortSignal.timeout(LIMIT_MS) };
  const note = await putBack(was, own).catch((cause: unknown) => {
    say.note(`Putting it back failed: ${asFailure(cause)?.message ?? String(cause)}`);
    return undefined;
  });
  if (note) say.note(note);
  say.end(note ? "succeeded" : "failed");
  failpoint("agent: restore is done");
  if (context.signal.aborted) return error;

  const failure = asFailure(error);
  if (!failure) return error;
  const { code, message, details } = failure.error;
  if (!note) return new JobFailure(code, `${message} ${wasNotPutBack(was.before)}`, details);
  const problem = code === "DOCKER_UNAVAILABLE" && (await machine.dockerProblem());
  return problem ? failure : new JobFailure(code, `${message} ${note}`, { ...details, restored: was.before?.release ?? null });
}

async function putBack({ app, before, ran }: Before, context: JobContext): Promise<string> {
  if (!before && ran) return "Nothing here says what ran before, so what is there was left as it is.";
  if (!before) {
    await throughOutages(context, () => runComposeKeepingLogs(composeDown(app.project, "keep"), app.project, context));
    return "There was no earlier release to put back, so nothing of this one is left running.";
  }
  context.say.note(`Putting release ${before.release} back.`);
  await takeBack(context.machine, before);
  // Behind the name of an image there may be another one by now.
  await pinRelease(before, context);
  await throughOutages(context, (again) => bringUp(before, { afterCrash: again || context.attempt > 1, stopped: !ran }, context));
  await writeHashes(context.machine, before, await context.machine.engine.containers({ project: before.name }));
  if (!ran) return `Release ${before.release} was put back, stopped as it was.`;
  await awaitHealth(before.name, new Map(), context);
  return `Release ${before.release} was put back and runs.`;
}

const wasNotPutBack = (before: ReleaseFiles | undefined) =>
  before
    ? `Release ${before.release} could not be put back: start the app again.`
    : "What was started could not be taken down again: remove the app, or deploy again.";
