import type { JobInput } from "@appos/shared/jobs";
import { rememberedFolder } from "../adopt/remembered.ts";
import { map } from "../policy-model.ts";
import { type AppFolder, type ReleaseFiles, releaseFiles } from "./app-folder.ts";
import { givenUpBefore, notingBefore, wasRunning } from "./before.ts";
import { canonicalText, masked } from "./canonical.ts";
import { needDocker } from "./docker-outage.ts";
import { orTakeBack } from "./former-texts.ts";
import type { JobContext, JobHandler } from "./job.ts";
import { keepImagesBefore } from "./keep-images.ts";
import { prepareRelease, type Prepared } from "./prepare-release.ts";
import { pullImages } from "./pull-images.ts";
import { currentRelease, expectedIn, makeCurrent } from "./releases.ts";
import { failedRelease } from "./restore.ts";
import { startAndAwaitHealth } from "./start.ts";
import { step } from "./step.ts";

/** The result travels in one frame, with room for the rest of it. */
const CANONICAL_BYTES = 96 * 1024;

export const deployApp: JobHandler<"deploy-app"> = async (input, context) => {
  const app = await rememberedFolder(input, context);
  const files = releaseFiles(app, input.release);
  return orTakeBack(context.machine, files, () => notingBefore(files, context, () => deploy(input, app, files, context)));
};

async function deploy(input: JobInput<"deploy-app">, app: AppFolder, files: ReleaseFiles, context: JobContext) {
  const { machine } = context;
  if (context.signal.aborted) throw await givenUpBefore(app, files, context);
  await step("check", context, () => needDocker(context));
  const before = await currentRelease(machine, app);
  const prepared = await step("resolve", context, () => prepareRelease(input, app, files, before, context));
  const images = await pullImages(files, map(prepared.model.services), context, input.refresh);
  await keepImagesBefore(machine, app, images);
  const ran = await wasRunning(app, files, context);
  const containers = await bringUpOrPutBack(app, files, before, prepared, ran, context);
  await makeCurrent(machine, app, { files, texts: prepared.texts, images, containers, keep: input.keep });
  return { images, canonical: shown(prepared, input), services: containers.map(({ status }) => status) };
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

function shown({ model }: Prepared, { env }: JobInput<"deploy-app">) {
  const text = canonicalText(
    masked(
      model,
      env.filter(({ secret }) => secret).map(({ value }) => value),
    ),
  );
  return new TextEncoder().encode(text).length > CANONICAL_BYTES ? "" : text;
}
