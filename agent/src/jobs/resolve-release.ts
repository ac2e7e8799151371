import type { JobInput } from "@appos/shared/jobs";
import type { EnvEntry } from "@appos/shared/env";
import type { Policy } from "@appos/shared/policy";
import { dotenv } from "../commands/dotenv.ts";
import type { Part } from "../policy-model.ts";
import type { AppFolder, ReleaseFiles } from "./app-folder.ts";
import { canonicalModel, canonicalText, readCanonical, withOwnSecretNames } from "./canonical.ts";
import { filesText, refuseFilesOfAdopted, withFileLabels } from "./config-files.ts";
import type { JobContext } from "./job.ts";
import { withJoins } from "./joins.ts";
import { changedLoans, secretsOf, writtenSecrets } from "./lent.ts";
import { JobFailure } from "./job-failure.ts";
import type { ReleaseTexts } from "./releases.ts";
import { enforcePolicy, resolveCompose } from "./resolve-compose.ts";

export interface ResolvedRelease {
  /** What is to run. */
  model: Part;
  /** What runs, as it was put there. */
  running: Part | undefined;
  texts: ReleaseTexts;
  policy: Policy;
  /** Services that are made anew only for what they are lent, and what of it changed. */
  loans: ReadonlyMap<string, string[]>;
}

/** Resolves a compose file as its release would run, and holds it against the policy. Nothing is written. */
export async function resolveRelease(
  { appId, release, compose, env, files, joins }: Pick<JobInput<"deploy-app">, "appId" | "release" | "compose" | "env" | "files" | "joins">,
  app: AppFolder,
  before: ReleaseFiles | undefined,
  context: JobContext,
): Promise<ResolvedRelease> {
  refuseFilesOfAdopted(files, app);
  const envText = dotenv(env);
  const resolved = await resolveCompose({ compose, env: envText, files }, app, context);
  const policy = await enforcePolicy(resolved, app, context);

  const text = before && (await context.machine.files.read(before.canonical));
  const running = text === undefined ? undefined : readCanonical(text);
  const ours = await withJoins(await withFileLabels(resolved, files, app.directory), joins, context);
  const loans = running && before ? await loansAnew(running, before, { model: ours, env }, context) : new Map<string, string[]>();
  const labelled = canonicalModel(ours, { appId, release, before: running, anew: loans });
  const { model, secrets, missing } = withOwnSecretNames(labelled, new Map(env.map(({ key, value }) => [key, value])));
  if (missing[0])
    throw new JobFailure(
      "INVALID_COMPOSE",
      `A secret takes its value from the variable ${missing[0]}, which this app does not have. Add it.`,
    );
  return {
    model,
    running,
    loans,
    policy,
    texts: { compose, env: envText, canonical: canonicalText(model), secrets: dotenv(secrets), files: filesText(files) },
  };
}

async function loansAnew(running: Part, before: ReleaseFiles, after: { model: Part; env: readonly EnvEntry[] }, { machine }: JobContext) {
  const written = (await machine.files.read(before.secrets)) ?? "";
  return changedLoans({ model: running, secret: writtenSecrets(written) }, { model: after.model, secret: secretsOf(after.env) });
}
