import { composeStop } from "../commands/compose.ts";
import { appFolder } from "./app-folder.ts";
import { needDocker, throughOutages } from "./docker-outage.ts";
import type { JobHandler } from "./job.ts";
import { deployedRelease } from "./releases.ts";
import { runCompose } from "./run-compose.ts";
import { step } from "./step.ts";

export const stopApp: JobHandler<"stop-app"> = async ({ name }, context) => {
  const { machine } = context;
  const app = await appFolder(machine, name);
  await step("check", context, async () => {
    await needDocker(context);
    if ((await machine.engine.containers({ project: app.project })).length === 0) await deployedRelease(machine, app);
  });
  return step("stop", context, () =>
    throughOutages(context, async () => {
      const there = await machine.engine.containers({ project: app.project });
      if (there.length > 0) await runCompose(composeStop(app.project), context);
      return { services: (await machine.engine.containers({ project: app.project })).map(({ status }) => status) };
    }),
  );
};
