import type { JobInput } from "@appos/shared/jobs";
import { type AppFolder, appFolder } from "../jobs/app-folder.ts";
import { needDocker } from "../jobs/docker-outage.ts";
import type { JobContext } from "../jobs/job.ts";
import { asFailure } from "../jobs/step.ts";
import { proven } from "./proven.ts";

type Told = Partial<Pick<JobInput<"rollback-app">, "adopted">> & { appId: string; name: string };

/** The app's folder; where this server has forgotten that the app took over a project, it is told so, and looks whether it is true. */
export async function rememberedFolder({ appId, name, adopted }: Told, context: JobContext): Promise<AppFolder> {
  const { machine } = context;
  const app = await appFolder(machine, name);
  if (!adopted || (await machine.files.read(app.adopted)) !== undefined) return app;
  await needDocker(context);
  const { project, directory } = await proven({ appId, ...adopted }, name, machine).catch((error: unknown) => {
    throw asFailure(error) ?? error;
  });
  await machine.files.write({ [app.adopted]: JSON.stringify({ appId, project, directory }) });
  return appFolder(machine, name);
}
