import type { JobInput } from "@appos/shared/jobs";
import { needConfirmation } from "../plan/confirmation.ts";
import type { Part } from "../policy-model.ts";
import type { AppFolder, ReleaseFiles } from "./app-folder.ts";
import { prepareDataFolders } from "./data-folders.ts";
import { setAside } from "./former-texts.ts";
import type { JobContext } from "./job.ts";
import { keepRelease, type ReleaseTexts } from "./releases.ts";
import { resolveRelease } from "./resolve-release.ts";

export interface Prepared {
  /** What is to run. */
  model: Part;
  texts: ReleaseTexts;
}

/** Resolves the compose file, holds it against the policy, and keeps what the release is made of. Nothing that runs is touched. */
export async function prepareRelease(
  input: JobInput<"deploy-app">,
  app: AppFolder,
  files: ReleaseFiles,
  before: ReleaseFiles | undefined,
  context: JobContext,
): Promise<Prepared> {
  const { model, running, texts, policy } = await resolveRelease(input, app, before, context);
  await needConfirmation({ model, running, before, app, files: input.files }, { files, confirmed: input.confirmed }, context);
  await setAside(context.machine, files);
  await keepRelease(context.machine, files, texts);
  const count = Object.keys(model.services as Part).length;
  context.say.note(
    `Release ${input.release} has ${count} ${count === 1 ? "service" : "services"}: ${Object.keys(model.services as Part).join(", ")}.`,
  );
  await prepareDataFolders(model, app, policy, context);
  return { model, texts };
}
