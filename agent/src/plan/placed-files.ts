import { placedPaths } from "../jobs/config-files.ts";
import type { Machine } from "../machine/machine.ts";
import { isBelow } from "../policy-mounts.ts";
import type { Next } from "./plan-model.ts";

/** The names in a folder that deployments put there, or this one would: they are no data. */
export async function placedIn(folder: string, { before, app, files }: Next, machine: Machine): Promise<ReadonlySet<string>> {
  const text = before && (await machine.files.read(before.placed));
  const former = text ? placedPaths(text) : [];
  const paths = [...former, ...files.map(({ path }) => path)].map((path) => `${app.directory}/${path}`);
  return new Set(paths.filter((path) => isBelow(path, folder)).map((path) => path.slice(folder.length + 1).split("/")[0]!));
}
