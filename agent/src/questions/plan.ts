import type { EnvEntry } from "@appos/shared/env";
import type { PlanFindings } from "@appos/shared/plan";
import { appFolder } from "../jobs/app-folder.ts";
import { masked } from "../jobs/canonical.ts";
import type { JobContext, Voice } from "../jobs/job.ts";
import { currentRelease } from "../jobs/releases.ts";
import { resolveRelease } from "../jobs/resolve-release.ts";
import { findings } from "../plan/findings.ts";
import { refreshed } from "../plan/refreshed.ts";
import type { QuestionHandler } from "./question.ts";

/** Nobody listens: what there is to say is in the answer. */
const silent: Voice = { step() {}, skip() {}, end() {}, note() {}, line: () => undefined };

/** What a deployment of this configuration would do here. It is resolved just as a deployment resolves it, and nothing is changed. */
export const plan: QuestionHandler<"plan"> = async ({ appId, name, compose, env, files, joins, refresh }, { machine, signal }) => {
  const context: JobContext = { machine, signal, say: silent, attempt: 1 };
  const app = await appFolder(machine, name);
  const before = await currentRelease(machine, app);
  const release = (before?.release ?? 0) + 1;
  const resolved = await resolveRelease({ appId, release, compose, env, files, joins }, app, before, context);
  const { model, running } = resolved;
  const found = await findings(resolved, { model, running, before, app, files }, env, context);
  return withoutSecrets(refreshed(found, refresh), env);
};

/** A secret may be a part of anything that Compose resolves; ids stay, for they have to be said again. */
function withoutSecrets(found: PlanFindings, env: readonly EnvEntry[]): PlanFindings {
  const secrets = env.filter(({ secret }) => secret).map(({ value }) => value);
  const { dangers, ...rest } = masked({ ...found }, secrets) as PlanFindings;
  return { ...rest, dangers: dangers.map((danger, i) => ({ ...found.dangers[i]!, message: danger.message, remedy: danger.remedy })) };
}
