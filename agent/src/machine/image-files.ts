import type Docker from "dockerode";
import { statusOf } from "./docker-client.ts";
import { makeUnstarted, unstartedWith } from "./unstarted.ts";

const LABEL = "appos.looks";
export const LOOKS = "AppOS looks into this image for a moment";
/** What was left behind by an agent that went down while it looked. */
const FORGOTTEN_MS = 10 * 60_000;

/** Looks into images without running anything: a container that is made, never started, and removed. What an image has, it has for ever. */
export function filesInImage(docker: Docker) {
  const known = new Map<string, Map<string, boolean>>();

  return async (imageId: string, paths: readonly string[]): Promise<ReadonlySet<string>> => {
    const files = known.get(imageId) ?? new Map<string, boolean>();
    known.set(imageId, files);
    const unknown = paths.filter((path) => !files.has(path));
    if (unknown.length > 0) for (const [path, there] of await lookInto(docker, imageId, unknown)) files.set(path, there);
    return new Set(paths.filter((path) => files.get(path)));
  };
}

async function lookInto(docker: Docker, imageId: string, paths: string[]): Promise<[string, boolean][]> {
  await removeForgotten(docker);
  const container = await makeUnstarted(docker, imageId, { why: LOOKS, label: [LABEL, ""] });
  try {
    return await Promise.all(paths.map(async (path): Promise<[string, boolean]> => [path, await has(container, path)]));
  } finally {
    await container.remove({ force: true });
  }
}

async function has(container: Docker.Container, path: string): Promise<boolean> {
  try {
    await container.infoArchive({ path });
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

async function removeForgotten(docker: Docker) {
  const left = await unstartedWith(docker, LABEL);
  const old = left.filter(({ Created }) => Date.now() - Created * 1_000 > FORGOTTEN_MS);
  for (const { Id } of old)
    await docker
      .getContainer(Id)
      .remove({ force: true })
      .catch(() => undefined);
}
