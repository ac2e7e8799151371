import type { ServiceState } from "@appos/shared/apps";
import type { Project } from "../commands/compose.ts";
import { bringUp } from "./bring-up.ts";
import { throughOutages } from "./docker-outage.ts";
import { awaitHealth, type Expected } from "./health.ts";
import type { JobContext } from "./job.ts";
import { step } from "./step.ts";

/** Starts a release and waits until it is well: the steps `start` and `health`. When Docker goes away meanwhile, it is started again. */
export async function startAndAwaitHealth(project: Project, expected: Expected, context: JobContext): Promise<ServiceState[]> {
  const afterCrash = context.attempt > 1;
  await step("start", context, () => throughOutages(context, (again) => bringUp(project, { afterCrash: afterCrash || again }, context)));
  return step("health", context, () =>
    throughOutages(context, async (again) => {
      if (again) await bringUp(project, { afterCrash: true }, context);
      const containers = await awaitHealth(project.name, expected, context);
      return containers.map(({ status }) => status);
    }),
  );
}
