import type { JobInput } from "@appos/shared/jobs";
import { dotenv } from "../commands/dotenv.ts";
import type { Part } from "../policy-model.ts";
import type { AppFolder, ReleaseFiles } from "./app-folder.ts";
import { canonicalModel, canonicalText, readCanonical, withOwnSecretNames } from "./canonical.ts";
import { prepareDataFolders } from "./data-folders.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { keepRelease, type ReleaseTexts } from "./releases.ts";
import { enforcePolicy, resolveCompose } from "./resolve-compose.ts";

export interface Prepared {
  /** What is to run. */
  model: Part;
  texts: ReleaseTexts;
}

/** Resolves the compose file, holds it against the policy, and keeps what the release is made of. Nothing that runs is touched. */
export async function prepareRelease(
  { appId, release, compose, env }: JobInput<"deploy-app">,
  app: AppFolder,
  files: ReleaseFiles,
  before: ReleaseFiles | undefined,
  context: JobContext,
): Promise<Prepared> {
  const envText = dotenv(env);
  const resolved = await resolveCompose(compose, envText, app, context);
  const policy = await enforcePolicy(resolved, app, context);

  const running = before && (await context.machine.files.read(before.canonical));
  const labelled = canonicalModel(resolved, { appId, release, before: running === undefined ? undefined : readCanonical(running) });
  const { model, secrets, missing } = withOwnSecretNames(labelled, new Map(env.map(({ key, value }) => [key, value])));
  if (missing[0])
    throw new JobFailure(
      "INVALID_COMPOSE",
      `A secret takes its value from the variable ${missing[0]}, which this app does not have. Add it.`,
    );

  const texts = { compose, env: envText, canonical: canonicalText(model), secrets: dotenv(secrets) };
  await keepRelease(context.machine, files, texts);
  const count = Object.keys(model.services as Part).length;
  context.say.note(
    `Release ${release} has ${count} ${count === 1 ? "service" : "services"}: ${Object.keys(model.services as Part).join(", ")}.`,
  );
  await prepareDataFolders(model, app, policy, context);
  return { model, texts };
}
