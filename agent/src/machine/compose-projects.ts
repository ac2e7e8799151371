import type Docker from "dockerode";
import { containerOf, isSomebodys } from "./containers.ts";
import { statusOf } from "./docker-client.ts";
import type { ComposeProject } from "./machine.ts";

const label = (name: string) => `com.docker.compose.${name}`;

/** Every compose project that has containers here, as Compose has written it on them. */
export async function composeProjects(docker: Docker, only?: string): Promise<ComposeProject[]> {
  const listed = await docker.listContainers({
    all: true,
    filters: { label: [only === undefined ? label("project") : `${label("project")}=${only}`] },
  });
  const projects = new Map<string, ComposeProject>();
  for (const { Id } of listed) {
    const seen = await docker.getContainer(Id).inspect().catch(goneSince);
    const container = seen && isSomebodys(seen) && containerOf(seen);
    if (!seen || !container || container.oneOff) continue;
    const labels = seen.Config.Labels;
    const paths = (name: string) => (labels[label(name)] ?? "").split(",").filter((path) => path !== "");
    const said = {
      directory: labels[label("project.working_dir")] ?? null,
      configFiles: paths("project.config_files"),
      envFiles: paths("project.environment_file"),
    };
    const known = projects.get(container.project);
    const project = known ?? { project: container.project, ...said, agreed: true, containers: [] };
    if (JSON.stringify(said.configFiles) !== JSON.stringify(project.configFiles) || said.directory !== project.directory)
      project.agreed = false;
    project.containers.push(container);
    projects.set(container.project, project);
  }
  for (const { containers } of projects.values()) containers.sort((a, b) => (a.status.container < b.status.container ? -1 : 1));
  return [...projects.values()].sort((a, b) => (a.project < b.project ? -1 : 1));
}

function goneSince(error: unknown) {
  if (statusOf(error) === 404) return undefined;
  throw error;
}
