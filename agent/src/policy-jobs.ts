import type { JobError } from "@appos/shared/jobs";
import { allowJob } from "@appos/shared/policy-rules";
import type { Machine } from "./machine/machine.ts";
import { policyInForce } from "./policy-in-force.ts";

/** Why this server does not take on a job; undefined where it does. The policy is read anew each time; what a compose file asks for is looked at once it is resolved. */
export const jobRefusalOf =
  (machine: Pick<Machine, "policyText">) =>
  async (job: { kind: string; by: string | null }): Promise<JobError | undefined> => {
    const refusal = allowJob(await policyInForce(machine), job);
    return refusal && { code: "POLICY_REFUSED", message: refusal.message, details: { rule: refusal.rule } };
  };
