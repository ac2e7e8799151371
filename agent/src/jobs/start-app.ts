import { appFolder } from "./app-folder.ts";
import { needDocker } from "./docker-outage.ts";
import type { JobHandler } from "./job.ts";
import { mayStart } from "./may-start.ts";
import { deployedRelease, expectedOf } from "./releases.ts";
import { startAndAwaitHealth } from "./start.ts";
import { step } from "./step.ts";

export const startApp: JobHandler<"start-app"> = async ({ name }, context) => {
  const app = appFolder(context.machine, name);
  const release = await step("check", context, async () => {
    await needDocker(context);
    const live = await deployedRelease(context.machine, app);
    await mayStart(live, app, context);
    return live;
  });
  return { services: await startAndAwaitHealth(release, await expectedOf(context.machine, release), context) };
};
