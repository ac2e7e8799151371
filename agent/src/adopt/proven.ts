import { JobFailure } from "../jobs/job-failure.ts";
import { isProxy } from "../proxy/proxy-folder.ts";
import type { Machine } from "../machine/machine.ts";
import { AdoptedProject, adoptedProjects } from "./adopted-project.ts";

/**
 * What a control plane says of a project: whose it is, and the folder that counts as its own. It is believed only where the labels
 * of its containers say the same, which somebody on this server gave them.
 */
export async function proven(told: AdoptedProject, name: string, machine: Machine): Promise<AdoptedProject> {
  const { data } = AdoptedProject.safeParse(told);
  if (!data) throw refused(`${told.project} in ${told.directory} is no compose project that can be taken over.`);
  const { appId, project, directory } = data;
  // It holds the keys of every site.
  if (isProxy(project)) throw refused(`${project} is AppOS's own proxy, and no app.`);
  for (const [other, adopted] of await adoptedProjects(machine)) {
    if (adopted.project === project && (other !== name || adopted.appId !== appId))
      throw refused(`The project ${project} was adopted as the app ${other} already.`);
  }
  const found = (await machine.engine.projects(project)).find((each) => each.project === project);
  if (!found)
    throw new JobFailure(
      "NOT_DEPLOYED",
      `The project ${project} has no containers on this server any more, so nothing here says that ${directory} is its folder. Start it there once with docker compose up -d.`,
    );
  if (found.containers.some((container) => container.appId !== null && container.appId !== appId))
    throw refused(`The project ${project} belongs to an app of AppOS already.`);
  if (found.directory !== directory)
    throw refused(
      `The project ${project} was not started in ${directory}, but in ${found.directory ?? "a folder that Docker does not name"}.`,
    );
  return data;
}

const refused = (message: string) => new JobFailure("INVALID_JOB", message);
