import type { JobInput } from "@appos/shared/jobs";
import { map } from "../policy-model.ts";
import { type AppFolder, appFolder, type ReleaseFiles, releaseFiles } from "./app-folder.ts";
import { canonicalText, masked } from "./canonical.ts";
import { needDocker } from "./docker-outage.ts";
import type { JobContext, JobHandler } from "./job.ts";
import { prepareRelease, type Prepared } from "./prepare-release.ts";
import { pullImages } from "./pull-images.ts";
import { currentRelease, expectedIn, makeCurrent } from "./releases.ts";
import { failedRelease } from "./restore.ts";
import { startAndAwaitHealth } from "./start.ts";
import { step } from "./step.ts";

/** The result travels in one frame, with room for the rest of it. */
const CANONICAL_BYTES = 96 * 1024;

export const deployApp: JobHandler<"deploy-app"> = async (input, context) => {
  const { machine } = context;
  const app = appFolder(machine, input.name);
  const files = releaseFiles(app, input.release);

  if (context.signal.aborted) throw await givenUpBefore(app, context);
  await step("check", context, () => needDocker(context));
  const before = await currentRelease(machine, app);
  const prepared = await step("resolve", context, () => prepareRelease(input, app, files, before, context));
  const images = await pullImages(files, map(prepared.model.services), context);
  const ran = await wasRunning(app, context);
  const services = await bringUpOrPutBack(app, files, before, prepared, ran, context);
  await makeCurrent(machine, app, files, prepared.texts, images);
  return { images, canonical: shown(prepared, input), services };
};

/** Canceled while an earlier attempt was under way, which was cut off: what that had begun is taken back. */
async function givenUpBefore(app: AppFolder, context: JobContext) {
  const before = await currentRelease(context.machine, app);
  return failedRelease(context.signal.reason, { app, before, ran: true }, context);
}

async function bringUpOrPutBack(
  app: AppFolder,
  files: ReleaseFiles,
  before: ReleaseFiles | undefined,
  { model }: Prepared,
  ran: boolean,
  context: JobContext,
) {
  try {
    return await startAndAwaitHealth(files, expectedIn(model), context);
  } catch (error) {
    throw await failedRelease(error, { app, before, ran }, context);
  }
}

/** Whether anything would be missed if it were not put back. */
async function wasRunning({ project }: AppFolder, { machine, attempt }: JobContext) {
  // What a cut off attempt left behind says nothing about what was before.
  if (attempt > 1) return true;
  return (await machine.engine.containers({ project })).some(({ status }) => status.state === "running" || status.state === "restarting");
}

function shown({ model }: Prepared, { env }: JobInput<"deploy-app">) {
  const text = canonicalText(
    masked(
      model,
      env.filter(({ secret }) => secret).map(({ value }) => value),
    ),
  );
  return new TextEncoder().encode(text).length > CANONICAL_BYTES ? "" : text;
}
