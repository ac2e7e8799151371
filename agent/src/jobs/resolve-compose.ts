import type { ConfigFile } from "@appos/shared/config-files";
import { composeProblem } from "@appos/shared/compose-file";
import { lineIn, refusal, warnings } from "../commands/compose-words.ts";
import { isSet, map, type Part } from "../policy-model.ts";
import { checkPolicy } from "../policy.ts";
import { policyInForce } from "../policy-in-force.ts";
import type { AppFolder } from "./app-folder.ts";
import { undoubled } from "./canonical.ts";
import { bytesOf } from "./config-files.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";

/** Reads a compose file as Compose reads it. */
export async function resolveCompose(
  { compose, env, files }: { compose: string; env: string; files: readonly ConfigFile[] },
  app: AppFolder,
  { machine, say, signal }: JobContext,
): Promise<Part> {
  const problem = composeProblem(compose);
  if (problem) throw invalid(problem.message, problem);
  const given = files.map((file) => ({ path: file.path, bytes: bytesOf(file) }));
  const answer = await machine.resolveCompose({ project: app.project, folder: app.directory, compose, env, files: given }, signal);
  if ("problem" in answer) {
    const said = refusal(answer.problem, app.directory);
    throw invalid(`Compose refuses this file: ${said}`, { line: lineIn(said) });
  }
  for (const warning of warnings(answer.warnings, app.directory)) say.note(warning);
  const model = undoubled(answer.model);
  const services = Object.entries(map(model.services));
  if (services.length === 0)
    throw invalid("The compose file has no service to start: every service is in a profile. Remove profiles from at least one.");
  for (const [service, definition] of services) {
    if (isSet(map(definition).build)) throw invalid(noBuild(service), { service });
  }
  return model;
}

const noBuild = (service: string) =>
  `The service ${service} has a build section. Images are built from a git source, not from a pasted file: remove build and name a finished image.`;

function invalid(message: string, where: { line?: number | undefined; column?: number | undefined; service?: string } = {}) {
  const details = Object.fromEntries(
    (["line", "column", "service"] as const).flatMap((key) => (where[key] === undefined ? [] : [[key, where[key]]])),
  );
  return new JobFailure("INVALID_COMPOSE", message, details);
}

/** Holds the resolved model against what the server's owner allows. */
export async function enforcePolicy(
  model: Part,
  app: Pick<AppFolder, "path" | "ownFolder" | "project">,
  { machine }: Pick<JobContext, "machine">,
) {
  const policy = await policyInForce(machine);
  if (policy.problem !== null) {
    const message = `This server's policy file cannot be used, so nothing is allowed: ${policy.problem}`;
    throw new JobFailure("POLICY_REFUSED", message, { rule: "policy-file" });
  }
  const violations = checkPolicy(model, { policy, folder: app.ownFolder, project: app.project, adopted: app.ownFolder !== app.path });
  const [first, ...others] = violations;
  if (!first) return policy;
  const more = others.length > 0 ? ` ${others.length} more: ${others.map(({ message }) => message).join(" ")}` : "";
  const lines = violations.map(({ message }) => message);
  throw new JobFailure("POLICY_REFUSED", `${first.message}${more}`.slice(0, 4_000), {
    rule: first.rule,
    // Where there is but one, the message says it.
    ...(others.length > 0 && { lines }),
    ...(first.service && { service: first.service }),
  });
}
