import type { JobKind } from "./jobs.ts";
import type { APPOS_ITSELF, PolicyInForce } from "./policy.ts";

/** Typed, not imported: the console asks these rules too, and needs no schema for that. */
const itself: typeof APPOS_ITSELF = "appos";

/** Why a server's policy does not allow something: the rule's name, as `appos-agent policy` knows it, and what to do about it. */
export interface PolicyRefusal {
  rule: "policy-file" | "jobs" | "users" | "host-terminal" | "exec";
  message: string;
}

/** Where a server's owner may allow more. */
const FILE = "the server's policy.yaml";

type Asker = string | null;
/** Whoever allows no deployment allows none of any kind. */
const deploys: string[] = ["rollback-app", "adopt-app"] satisfies JobKind[];

/** Whether a server takes on a job; undefined where it does. What a compose file asks for is looked at on the server. */
export function allowJob(policy: PolicyInForce, { kind, by }: { kind: JobKind | (string & {}); by: Asker }): PolicyRefusal | undefined {
  if (policy.problem !== null) return cannotBeUsed(policy.problem);
  const denied = [kind, ...(deploys.includes(kind) ? ["deploy-app"] : [])].find((each) => policy.jobs.deny.includes(each));
  if (denied !== undefined) {
    const message = `This server does not take on jobs of the kind ${denied}. To change that, take it out of jobs.deny in ${FILE}.`;
    return { rule: "jobs", message };
  }
  return allowUser(policy, by);
}

/** Whether a terminal may be opened; undefined where it may. */
export function allowTerminal(
  policy: PolicyInForce,
  { target, by }: { target: { type: "host" | "exec" }; by: Asker },
): PolicyRefusal | undefined {
  if (policy.problem !== null) return cannotBeUsed(policy.problem);
  if (target.type === "host" && !policy.terminals.host) {
    const message = `This server allows no terminal on itself. Whoever is root there can allow it: appos-agent policy allow host-terminal.`;
    return { rule: "host-terminal", message };
  }
  if (target.type === "exec" && !policy.terminals.exec) {
    const message = `This server allows no terminal in its containers. Whoever is root there can allow it: appos-agent policy allow exec.`;
    return { rule: "exec", message };
  }
  return allowUser(policy, by);
}

function allowUser({ users: { only } }: PolicyInForce, by: Asker): PolicyRefusal | undefined {
  const user = by?.toLowerCase() ?? itself;
  if (only === null || only.includes(user)) return undefined;
  const who = by === null ? "what AppOS does by itself" : by;
  return { rule: "users", message: `This server takes no orders from ${who}. To change that, add ${user} to users.only in ${FILE}.` };
}

const cannotBeUsed = (problem: string): PolicyRefusal => ({
  rule: "policy-file",
  message: `This server's policy file cannot be used, so nothing is allowed: ${problem}`,
});
