import type { AppInventory } from "@appos/shared/agent-link";
import { AppId, Name } from "@appos/shared/ids";
import { driftOf } from "./drift.ts";
import { type AppFolder, appFolder } from "./jobs/app-folder.ts";
import { JobFailure } from "./jobs/job-failure.ts";
import { appIdIn, currentRelease } from "./jobs/releases.ts";
import type { Container, Machine } from "./machine/machine.ts";

/** Every app that has containers here, or should have, with all of them. */
export async function inventory(machine: Machine): Promise<AppInventory[]> {
  const containers = (await machine.engine.containers("apps")).filter(({ appId }) => AppId.safeParse(appId).success);
  const apps = new Map(Map.groupBy(containers, ({ appId }) => appId!));
  const folders = await foldersHere(machine);
  for (const { appId } of await withoutContainers(machine, folders, containers)) if (!apps.has(appId)) apps.set(appId, []);
  return Promise.all([...apps].map(([appId, its]) => inventoryFrom(machine, appId, its, folders)));
}

/** One app with all of its containers, which may be none. */
export async function inventoryOf(machine: Machine, appId: string): Promise<AppInventory[]> {
  if (!AppId.safeParse(appId).success) return [];
  return [await inventoryFrom(machine, appId, await machine.engine.containers({ appId }), await foldersHere(machine))];
}

async function inventoryFrom(machine: Machine, appId: string, containers: Container[], folders: AppFolder[]): Promise<AppInventory> {
  const services = containers.filter(({ oneOff }) => !oneOff).map(({ status }) => status);
  const [first] = containers;
  const app = first
    ? folders.find(({ project }) => project === first.project)
    : (await withoutContainers(machine, folders, [])).find((each) => each.appId === appId)?.app;
  // What cannot be told now, as while Docker is away, may be told later.
  const drift = app && (await driftOf(machine, app, containers).catch(() => undefined));
  return { appId, services, ...(drift && { drift }) };
}

async function foldersHere(machine: Machine): Promise<AppFolder[]> {
  const names = (await machine.files.list(`${machine.folder}/apps`)).filter((name) => Name.safeParse(name).success);
  // An app whose folder cannot be read must not keep the others from being shown.
  const folders = await Promise.all(names.map((name) => appFolder(machine, name).catch(unlessSpoiled)));
  return folders.filter((each) => each !== undefined);
}

function unlessSpoiled(error: unknown): undefined {
  if (!(error instanceof JobFailure)) throw error;
}

/** Apps that were deployed here, and none of these containers is theirs: they are known by their files only. */
async function withoutContainers(
  machine: Machine,
  folders: AppFolder[],
  containers: Container[],
): Promise<{ appId: string; app: AppFolder }[]> {
  const projects = new Set(containers.map(({ project }) => project));
  const found: { appId: string; app: AppFolder }[] = [];
  for (const app of folders.filter(({ project }) => !projects.has(project))) {
    const live = await currentRelease(machine, app);
    const { data: appId } = AppId.safeParse(live && (await appIdIn(machine, app, live)));
    if (appId) found.push({ appId, app });
  }
  return found;
}
