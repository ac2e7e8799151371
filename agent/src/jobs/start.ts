import type { ReleaseFiles } from "./app-folder.ts";
import type { Container } from "../machine/machine.ts";
import { bringUp } from "./bring-up.ts";
import { throughOutages } from "./docker-outage.ts";
import { awaitHealth, type Expected } from "./health.ts";
import type { JobContext } from "./job.ts";
import { step } from "./step.ts";

/** Starts a release, after what has to come first, and waits until it is well: the steps `start` and `health`. When Docker goes away meanwhile, it is started again. */
export async function startAndAwaitHealth(
  project: ReleaseFiles,
  expected: Expected,
  context: JobContext,
  first: () => Promise<void> = async () => {},
): Promise<Container[]> {
  const afterCrash = context.attempt > 1;
  await step("start", context, async () => {
    await first();
    await throughOutages(context, (again) => bringUp(project, { afterCrash: afterCrash || again }, context));
  });
  return step("health", context, () =>
    throughOutages(context, async (again) => {
      if (again) await bringUp(project, { afterCrash: true }, context);
      return awaitHealth(project.name, expected, context);
    }),
  );
}
