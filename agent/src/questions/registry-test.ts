import { sameRegistry } from "@appos/shared/registries";
import { needDocker } from "../jobs/docker-outage.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import { policyInForce } from "../policy-in-force.ts";
import { FILE } from "../policy-model.ts";
import { engineSaid, registryFailure } from "../registry-failure.ts";
import type { QuestionHandler } from "./question.ts";

/** Docker itself shows the login to the registry: what it then says holds for pulling, too. */
export const registryTest: QuestionHandler<"registry-test"> = async (login, { machine }) => {
  await needDocker({ machine });
  const { host, username } = login;
  const { only } = (await policyInForce(machine)).registries;
  if (only !== null && !only.some((allowed) => sameRegistry(allowed) === host)) {
    throw new JobFailure("POLICY_REFUSED", `This server's policy allows no images from ${host}. Add it to registries.only in ${FILE}.`, {
      rule: "registries",
    });
  }
  try {
    await machine.engine.tryLogin(login);
    return { problem: null };
  } catch (error) {
    const words = engineSaid(error);
    const failure =
      registryFailure(words, { host, username, what: "The login does not work" }) ??
      new JobFailure("PULL_FAILED", `The login could not be tried. Docker said: ${words}`);
    return { problem: failure.error };
  }
};
