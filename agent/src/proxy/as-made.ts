import { sha256 } from "../jobs/config-files.ts";
import type { Machine } from "../machine/machine.ts";
import type { ProxyFolder } from "./proxy-folder.ts";

// Compose takes longer to find that there is nothing to do than the proxy takes to serve something else.

const madeFile = ({ path }: ProxyFolder) => `${path}/made`;

/** What the proxy's container is, where it runs: what it was made from, as its file says and as Compose sums it up, and of which image. */
async function asIs({ project }: ProxyFolder, { engine, files }: Machine): Promise<string | undefined> {
  const [container, ...others] = await engine.containers({ project: project.name });
  const text = await files.read(project.canonical);
  if (!container?.configHash || others.length > 0 || container.status.state !== "running" || text === undefined) return undefined;
  return [await sha256(new TextEncoder().encode(text)), container.configHash, container.imageId].join(" ");
}

/** Whether it runs as it was last made from the same file, by the image that its name stands for now. */
export async function isAsMade(folder: ProxyFolder, image: string, machine: Machine): Promise<boolean> {
  const [made, is, images] = await Promise.all([
    machine.files.read(madeFile(folder)),
    asIs(folder, machine),
    machine.engine.images([image]),
  ]);
  return is !== undefined && made === is && is.endsWith(` ${images.get(image)?.id}`);
}

/** To be told as soon as Compose has made it. */
export async function noteAsMade(folder: ProxyFolder, machine: Machine) {
  const is = await asIs(folder, machine);
  if (is !== undefined) await machine.files.write({ [madeFile(folder)]: is });
}
