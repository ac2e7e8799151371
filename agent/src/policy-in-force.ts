import { inForce, type PolicyInForce, unusable } from "@appos/shared/policy";
import type { ServerFacts } from "@appos/shared/servers";
import type { Machine } from "./machine/machine.ts";
import { readPolicy } from "./policy-file.ts";

let last: { text: string | undefined; policy: PolicyInForce } | undefined;

/** The policy that holds now: read anew each time, because whoever owns this server may have changed it; what has not changed means what it meant. */
export async function policyInForce({ policyText }: Pick<Machine, "policyText">): Promise<PolicyInForce> {
  try {
    const text = await policyText();
    if (!last || last.text !== text) last = { text, policy: inForce(readPolicy(text)) };
    return last.policy;
  } catch (error) {
    return unusable((error instanceof Error ? error.message : String(error)).slice(0, 1_000));
  }
}

/** The same, as a server's facts carry it. */
export async function policyFacts(machine: Pick<Machine, "policyText">): Promise<Pick<ServerFacts, "policy" | "policyProblem">> {
  const { problem, ...policy } = await policyInForce(machine);
  return { policy, policyProblem: problem };
}
