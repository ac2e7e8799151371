import type { FoundProject } from "@appos/shared/adoption";
import { isProxy } from "../proxy/proxy-folder.ts";
import type { ComposeProject, Machine } from "../machine/machine.ts";

/** The compose projects of this server that are no apps, and which of them can become one. */
export async function findProjects(machine: Machine): Promise<FoundProject[]> {
  const projects = await machine.engine.projects();
  const free = projects.filter(({ project, containers }) => !isProxy(project) && containers.every(({ appId }) => appId === null));
  return Promise.all(
    free.map(async (each) => ({
      project: each.project,
      directory: each.directory,
      configFiles: each.configFiles,
      services: each.containers.map(({ status }) => status),
      volumes: await machine.engine.volumes(each.project),
      problem: await problemOf(each, machine),
    })),
  );
}

/** Why a project cannot be taken over, as far as that shows at a glance. */
export async function problemOf({ project, directory, configFiles, agreed }: ComposeProject, machine: Machine): Promise<string | null> {
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(project)) return "Its name is none that Compose gives today. Start it once with docker compose up -d.";
  if (directory === null || configFiles.length === 0)
    return "Docker does not say which files it was started from. Start it once with docker compose up -d.";
  if (!agreed) return "Its containers were started from different files. Start all of it once with docker compose up -d.";
  for (const path of configFiles) {
    const file = await machine.projectFile(directory, path);
    if ("problem" in file) return `${path} ${file.problem}. AppOS takes over what it can read below ${directory}.`;
  }
  return null;
}
