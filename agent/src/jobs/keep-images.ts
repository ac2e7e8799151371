import type { Machine } from "../machine/machine.ts";
import { type AppFolder, releaseFiles } from "./app-folder.ts";
import { readManifest } from "./manifest.ts";
import { idHere, namesOf } from "./pin-release.ts";
import { keptReleases } from "./kept-releases.ts";

/** The images of an app's kept releases, by id. */
async function imagesOfKept(machine: Machine, app: AppFolder): Promise<Set<string>> {
  const manifests = await Promise.all(
    (await keptReleases(machine, app)).map((release) => readManifest(machine, releaseFiles(app, release))),
  );
  const images = manifests.flatMap((manifest) => manifest?.images ?? []);
  // Manifests of before ids were noted have none.
  const unknown = images.filter(({ id }) => id === undefined);
  const here = unknown.length === 0 ? undefined : await machine.engine.images([...new Set(unknown.flatMap(namesOf))]);
  return new Set(images.flatMap((image) => image.id ?? (here && idHere(image, here)) ?? []));
}

/**
 * Makes the images of kept releases stay, whatever is pruned: those that what is about to run does not use, for the others have
 * containers of their own. Each app has its own say, so that what two apps share stays until neither needs it.
 */
export async function keepImages(machine: Machine, app: AppFolder, used: ReadonlySet<string>): Promise<void> {
  const { engine } = machine;
  const wanted = without(await imagesOfKept(machine, app), used);
  const there = await engine.imageKeepers(app.project);
  const held = new Set(there.map(({ imageId }) => imageId));
  for (const imageId of without(wanted, held)) await engine.keepImage(app.project, imageId).catch(() => {});
  for (const { id, imageId } of there) if (!wanted.has(imageId)) await engine.removeContainer(id);
}

/** Before a release takes the place of another: what only that one used must not be without a container for a moment. */
export async function keepImagesBefore(machine: Machine, app: AppFolder, next: readonly { digest: string }[]): Promise<void> {
  const { engine } = machine;
  const coming = new Set(next.map(({ digest }) => digest));
  const releases = await keptReleases(machine, app);
  const manifests = await Promise.all(releases.map((release) => readManifest(machine, releaseFiles(app, release))));
  const leaving = manifests.flatMap((manifest) => manifest?.images ?? []).filter(({ digest }) => !coming.has(digest));
  if (leaving.length === 0) return;
  const held = new Set((await engine.imageKeepers(app.project)).map(({ imageId }) => imageId));
  const ids = new Set(leaving.flatMap(({ id }) => id ?? []));
  for (const imageId of without(ids, held)) await engine.keepImage(app.project, imageId).catch(() => {});
}

const without = (some: ReadonlySet<string>, others: ReadonlySet<string>) => new Set([...some].filter((each) => !others.has(each)));

/** An app that goes needs nothing any more. */
export async function letImagesGo({ engine }: Machine, project: string): Promise<void> {
  for (const { id } of await engine.imageKeepers(project)) await engine.removeContainer(id);
}
