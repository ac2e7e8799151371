import { composeRestart } from "../commands/compose.ts";
import { appFolder } from "./app-folder.ts";
import { needDocker, throughOutages } from "./docker-outage.ts";
import type { JobHandler } from "./job.ts";
import { mayStart } from "./may-start.ts";
import { pinRelease } from "./pin-release.ts";
import { deployedRelease, expectedOf } from "./releases.ts";
import { runCompose } from "./run-compose.ts";
import { startAndAwaitHealth } from "./start.ts";
import { step } from "./step.ts";

export const restartApp: JobHandler<"restart-app"> = async ({ name }, context) => {
  const { machine } = context;
  const app = await appFolder(machine, name);
  const release = await step("check", context, async () => {
    await needDocker(context);
    const live = await deployedRelease(machine, app);
    await pinRelease(live, context);
    await mayStart(live, app, context);
    return live;
  });
  await step("restart", context, () =>
    throughOutages(context, async () => {
      const there = await machine.engine.containers({ project: app.project });
      if (there.length > 0) await runCompose(composeRestart(app.project), context);
    }),
  );
  // Containers that were not there are made now.
  const containers = await startAndAwaitHealth(release, await expectedOf(machine, release), context);
  return { services: containers.map(({ status }) => status) };
};
