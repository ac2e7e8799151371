import type { JobKind } from "@appos/shared/jobs";
import { type PolicyInForce, reportedPolicy } from "@appos/shared/policy";
import { allowJob, type PolicyRefusal } from "@appos/shared/policy-rules";
import { AppError } from "../../errors.ts";
import { presenceOf } from "./presence.ts";
import type { ServerRow } from "./schema.ts";

/** The policy of a server that is up, as it said last. Of one that is away nobody knows what holds by now: its agent decides when it is back. */
export const policyOf = (server: ServerRow, now: number): PolicyInForce | undefined =>
  presenceOf(server, now).linked ? reportedPolicy(server.facts) : undefined;

/** Why a server would not take on a job, where that is known beforehand. */
export function jobRefusal(server: ServerRow, job: { kind: JobKind; by: string | null }, now: number): AppError | undefined {
  const policy = policyOf(server, now);
  const refusal = policy && allowJob(policy, job);
  return refusal && policyRefused(refusal);
}

export const policyRefused = ({ rule, message }: PolicyRefusal) => new AppError("POLICY_REFUSED", message, { rule });
