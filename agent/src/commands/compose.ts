import type { Command } from "../machine/machine.ts";

/** A release as Compose is told of it. */
export interface Project {
  name: string;
  /** What relative paths of the project start from. */
  folder: string;
  canonical: string;
  /** The values of secrets that are taken from variables. */
  secrets: string;
}

const compose = (name: string, ...args: string[]): Command => [
  "docker-compose",
  "--ansi=never",
  "--progress=plain",
  `--project-name=${name}`,
  ...args,
];
const withFiles = ({ name, folder, canonical, secrets }: Project, ...args: string[]) =>
  compose(name, `--project-directory=${folder}`, `--file=${canonical}`, `--env-file=${secrets}`, ...args);

const up = ["up", "--remove-orphans", "--no-build", "--pull=never"];
/** Starts what is new or changed, and removes what is no longer there. Nothing is built or pulled. */
export const composeUp = (project: Project) => withFiles(project, ...up, "--detach");
/** The same, of these services and of what they wait for. */
export const composeUpOnly = (project: Project, services: readonly string[]) => withFiles(project, ...up, "--detach", "--", ...services);
/** Makes what is new or changed, and starts nothing; what has to go before it is not waited for long. */
export const composeReplace = (project: Project) => withFiles(project, ...up, "--no-start", "--timeout=2");
/** The same, but what is made stays stopped. */
export const composeCreate = (project: Project) => withFiles(project, ...up, "--no-start");
/** Makes the containers of these services anew, though Compose sees no reason to. */
export const composeRecreate = (project: Project, services: readonly string[]) =>
  withFiles(project, "up", "--no-build", "--pull=never", "--detach", "--no-deps", "--force-recreate", "--", ...services);
/** Makes containers until there are so many of each of these services: those that are there stay as they are, and nothing is started. */
export const composeCreateBeside = (project: Project, counts: ReadonlyMap<string, number>) =>
  withFiles(
    project,
    "up",
    "--no-build",
    "--pull=never",
    "--no-start",
    "--no-recreate",
    ...[...counts].map(([service, count]) => `--scale=${service}=${count}`),
  );
/** Starts containers of these services that are there and do not run. */
export const composeStart = (project: Project, services: readonly string[]) => withFiles(project, "start", "--", ...services);
export const composePull = (project: Project, services: readonly string[]) => withFiles(project, "pull", "--", ...services);

/** Service by service, what Compose sums its definition up as: by this it knows whether a container is as it should be. */
export const composeHashes = (project: Project) => withFiles(project, "config", "--hash=*");

/** These go by the labels of what is there, and need no file. */
export const composeStop = (name: string) => compose(name, "stop");
export const composeRestart = (name: string) => compose(name, "restart");
export const composeDown = (name: string, volumes: "keep" | "delete") =>
  compose(name, "down", "--remove-orphans", ...(volumes === "delete" ? ["--volumes"] : []));
