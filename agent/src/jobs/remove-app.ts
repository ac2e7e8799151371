import { composeDown } from "../commands/compose.ts";
import { logArchive } from "../log-archive/archive.ts";
import { type AppFolder, appFolder } from "./app-folder.ts";
import { needDocker, throughOutages } from "./docker-outage.ts";
import { removeConfigFiles } from "./config-files.ts";
import type { JobContext, JobHandler } from "./job.ts";
import { letImagesGo } from "./keep-images.ts";
import { runCompose } from "./run-compose.ts";
import { step } from "./step.ts";

export const removeApp: JobHandler<"remove-app"> = async ({ name, volumes }, context) => {
  const { engine } = context.machine;
  const app = await appFolder(context.machine, name);
  await step("check", context, () => needDocker(context));
  const keptVolumes = await step("remove", context, async () => {
    await throughOutages(context, () => takeDown(app.project, volumes, context));
    await letImagesGo(context.machine, app.project);
    return engine.volumes(app.project);
  });
  await step("clean", context, () => clearFolder(app, volumes, context));
  if (keptVolumes.length > 0) context.say.note(`Kept these volumes: ${keptVolumes.join(", ")}.`);
  return { keptVolumes };
};

/** Compose takes down what it knows; what a crash left behind it may not. */
async function takeDown(project: string, volumes: "keep" | "delete", context: JobContext) {
  const { engine } = context.machine;
  await engine.showOutGuests(project);
  await runCompose(composeDown(project, volumes), context);
  for (const { id } of await engine.containers({ project })) await engine.removeContainer(id);
  // While containers ended, the proxy may have come in again.
  await engine.showOutGuests(project);
  for (const network of await engine.networks(project)) await engine.removeNetwork(network);
  if (volumes === "delete") for (const volume of await engine.volumes(project)) await engine.removeVolume(volume);
}

/** Folders that services mounted hold data as volumes do, and are kept with them. */
async function clearFolder(app: AppFolder, volumes: "keep" | "delete", { machine, say }: JobContext) {
  const { files } = machine;
  await removeConfigFiles(app, { machine, say });
  for (const path of [app.current, app.releases, app.compose, app.env, app.adopted]) await files.remove(path);
  await logArchive(machine, app.project).remove();
  const left = await files.list(app.path);
  if (volumes === "delete" || left.length === 0) return files.remove(app.path);
  say.note(`Kept the data in ${left.map((name) => `${app.path}/${name}`).join(", ")}.`);
}
