import type { JobKind } from "@appos/shared/jobs";
import { allowJob, allowTerminal, type PolicyRefusal } from "@appos/shared/policy-rules";
import type { ServerView } from "@appos/shared/servers";

type Told = Pick<ServerView, "facts">;

/** What a server has said of its policy; nothing where its agent has never said. */
function inForce({ facts }: Told) {
  return facts?.policy ? { ...facts.policy, problem: facts.policyProblem } : undefined;
}

/** Why a server would not open a terminal, by the rules that its agent goes by; undefined where it would, for all that is known. */
export function terminalRefusal(server: Told | undefined, type: "host" | "exec", by: string | null): PolicyRefusal | undefined {
  const policy = server && inForce(server);
  return policy && allowTerminal(policy, { target: { type }, by });
}

/** Why a server would not take on a job. */
export function jobRefusal(server: Told | undefined, kind: JobKind, by: string | null): PolicyRefusal | undefined {
  const policy = server && inForce(server);
  return policy && allowJob(policy, { kind, by });
}

/** What to run on the server, as root, to have it otherwise. */
export function commandFor(
  { rule }: Pick<PolicyRefusal, "rule">,
  { kind, by }: { kind?: JobKind | undefined; by?: string | null } = {},
): string {
  if (rule === "policy-file") return "appos-agent policy check";
  const value = { jobs: kind, users: by ?? undefined }[rule as string];
  return ["appos-agent policy allow", rule, value].filter(Boolean).join(" ");
}
