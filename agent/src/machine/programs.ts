import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { CommandFailed, type Program } from "./machine.ts";

const PLUGIN_FOLDERS = [
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
];
/** What a program that the agent starts finds on its PATH. */
export const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Compose is started by itself, not through `docker`: the same program, one process less. */
const placesOf: Record<Program, () => string[]> = {
  "docker-compose": () => {
    const own = process.env.HOME ? [`${process.env.HOME}/.docker/cli-plugins`] : [];
    return [...own, ...PLUGIN_FOLDERS].map((folder) => `${folder}/docker-compose`);
  },
};

const missing: Record<Program, string> = {
  "docker-compose": "Docker Compose v2 is not installed. Install the package docker-compose-plugin or docker-compose-v2.",
};

/** Where a program is. */
export async function findProgram(program: Program): Promise<string> {
  const found = await firstOf(placesOf[program]());
  if (!found) throw new CommandFailed(missing[program], null, []);
  return found;
}

/** A tool of the operating system; undefined where it is missing. */
export const findTool = (name: string) => firstOf(PATH.split(":").map((folder) => `${folder}/${name}`));

async function firstOf(paths: string[]) {
  for (const path of paths) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return realpath(path);
  }
  return undefined;
}
