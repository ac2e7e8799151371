import type { ProjectFiles } from "@appos/shared/adoption";
import { dotenv } from "../commands/dotenv.ts";
import { type AppFolder } from "../jobs/app-folder.ts";
import { currentRelease } from "../jobs/releases.ts";
import type { Machine } from "../machine/machine.ts";
import { projectFiles } from "./project-files.ts";

/** What an adopted project's own files say by now; undefined where that is what its live release was made from, or they can be read no more. */
export async function editedProject(
  machine: Machine,
  app: AppFolder,
  appId: string,
  signal: AbortSignal,
): Promise<Pick<ProjectFiles, "compose" | "env"> | undefined> {
  const live = app.directory === app.path ? undefined : await currentRelease(machine, app);
  const there = live && (await projectFiles(app.project, machine, signal, appId).catch(() => undefined));
  if (!live || !there) return undefined;
  const [compose, env] = [await machine.files.read(live.compose), await machine.files.read(live.env)];
  return there.compose === compose && dotenv(there.env) === env ? undefined : { compose: there.compose, env: there.env };
}
