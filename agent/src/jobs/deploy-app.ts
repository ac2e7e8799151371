import { z } from "zod";
import type { JobInput } from "@appos/shared/jobs";
import { map } from "../policy-model.ts";
import { type AppFolder, appFolder, type ReleaseFiles, releaseFiles } from "./app-folder.ts";
import { canonicalText, masked } from "./canonical.ts";
import { needDocker } from "./docker-outage.ts";
import type { JobContext, JobHandler } from "./job.ts";
import { prepareRelease, type Prepared } from "./prepare-release.ts";
import { pullImages } from "./pull-images.ts";
import { currentRelease, expectedIn, isRunning, makeCurrent } from "./releases.ts";
import { failedRelease } from "./restore.ts";
import { startAndAwaitHealth } from "./start.ts";
import { step } from "./step.ts";

/** The result travels in one frame, with room for the rest of it. */
const CANONICAL_BYTES = 96 * 1024;

export const deployApp: JobHandler<"deploy-app"> = async (input, context) => {
  const { machine } = context;
  const app = appFolder(machine, input.name);
  const files = releaseFiles(app, input.release);

  // A control plane that was put back to an older copy gives numbers of releases again.
  if (context.attempt === 1) await machine.files.remove(files.before);
  if (context.signal.aborted) throw await givenUpBefore(app, files, context);
  await step("check", context, () => needDocker(context));
  const before = await currentRelease(machine, app);
  const prepared = await step("resolve", context, () => prepareRelease(input, app, files, before, context));
  const images = await pullImages(files, map(prepared.model.services), context);
  const ran = await wasRunning(app, files, context);
  const services = await bringUpOrPutBack(app, files, before, prepared, ran, context);
  await makeCurrent(machine, app, files, prepared.texts, images);
  return { images, canonical: shown(prepared, input), services };
};

/** Canceled while an earlier attempt was under way, which was cut off: what that had begun is taken back. */
async function givenUpBefore(app: AppFolder, files: ReleaseFiles, context: JobContext) {
  const noted = await notedBefore(files, context);
  if (!noted) return context.signal.reason as unknown;
  const before = await currentRelease(context.machine, app);
  return failedRelease(context.signal.reason, { app, before, ...noted }, context);
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

/** Whether anything would be missed if it were not put back. What a cut off attempt left behind says nothing about what was before: it is noted first. */
async function wasRunning(app: AppFolder, files: ReleaseFiles, context: JobContext) {
  const { machine, attempt } = context;
  const noted = attempt > 1 ? await notedBefore(files, context) : undefined;
  if (noted) return noted.ran;
  const ran = await isRunning(machine, app);
  await machine.files.write({ [files.before]: JSON.stringify({ ran }) });
  return ran;
}

const Before = z.object({ ran: z.boolean() });

/** Undefined where nothing of this release was started yet. */
async function notedBefore({ before }: ReleaseFiles, { machine }: JobContext) {
  const text = await machine.files.read(before);
  return text === undefined ? undefined : Before.parse(JSON.parse(text));
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
