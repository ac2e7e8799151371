import { appFolder } from "./app-folder.ts";
import { needDocker } from "./docker-outage.ts";
import type { JobHandler } from "./job.ts";
import { mayStart } from "./may-start.ts";
import { pinRelease } from "./pin-release.ts";
import { deployedRelease, expectedOf } from "./releases.ts";
import { startAndAwaitHealth } from "./start.ts";
import { step } from "./step.ts";

export const startApp: JobHandler<"start-app"> = async ({ name }, context) => {
  const app = await appFolder(context.machine, name);
  const release = await step("check", context, async () => {
    await needDocker(context);
    const live = await deployedRelease(context.machine, app);
    await pinRelease(live, context);
    await mayStart(live, app, context);
    return live;
  });
  const containers = await startAndAwaitHealth(release, await expectedOf(context.machine, release), context);
  return { services: containers.map(({ status }) => status) };
};
