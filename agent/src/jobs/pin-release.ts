import type { PinnedImage } from "@appos/shared/jobs";
import type { Image } from "../machine/machine.ts";
import { map, type Part } from "../policy-model.ts";
import type { ReleaseFiles } from "./app-folder.ts";
import { canonicalText, readCanonical } from "./canonical.ts";
import { throughOutages } from "./docker-outage.ts";
import type { JobContext } from "./job.ts";
import { type KeptImage, readManifest } from "./manifest.ts";

/** A name such as nginx:1 may mean another image by now: where it does, the one that ran is called by what nothing else is called. */
export async function pinImages(model: Part, images: readonly KeptImage[], context: JobContext): Promise<Part> {
  const { engine } = context.machine;
  const names = [...new Set(images.flatMap((image) => namesOf(image)))];
  const here = await throughOutages(context, () => engine.images(names));
  const nameOf = (image: KeptImage) => namesOf(image).find((name) => isImage(image, here.get(name)));
  const services = Object.entries(map(model.services)).map(([service, definition]) => {
    const ran = images.find((image) => image.service === service);
    return [service, ran ? { ...map(definition), image: nameOf(ran) ?? byDigest(ran) } : definition];
  });
  return { ...model, services: Object.fromEntries(services) };
}

/** A release that is kept here, with its images pinned, written down as it is to run. Undefined where its files are not whole. */
export async function pinRelease(release: ReleaseFiles, context: JobContext): Promise<Part | undefined> {
  const { files } = context.machine;
  const [text, manifest] = [await files.read(release.canonical), await readManifest(context.machine, release)];
  if (text === undefined || !manifest) return undefined;
  const model = await pinImages(readCanonical(text), manifest.images, context);
  const pinned = canonicalText(model);
  if (pinned !== text) await files.write({ [release.canonical]: pinned });
  return model;
}

/** Whether it can be run without pulling. */
export const isHere = (image: KeptImage, here: ReadonlyMap<string, Image>) => namesOf(image).some((name) => isImage(image, here.get(name)));

/** The id under which it is here. */
export function idHere(image: KeptImage, here: ReadonlyMap<string, Image>): string | undefined {
  const name = namesOf(image).find((each) => isImage(image, here.get(each)));
  return name === undefined ? undefined : here.get(name)!.id;
}

const isImage = ({ id, digest }: KeptImage, found: Image | undefined) =>
  found !== undefined && (id === undefined ? found.digest === digest || found.digests.includes(digest) : found.id === id);

/** Each name under which it may be here. */
export const namesOf = (image: KeptImage) => [image.image, byDigest(image), image.digest, ...(image.id === undefined ? [] : [image.id])];

/** As its registry knows it. An image that was made here is known by its digest alone. */
function byDigest({ image, digest }: Pick<PinnedImage, "image" | "digest">): string {
  if (image.includes("@") || image === digest) return image;
  return `${image.replace(/:[^/:]*$/, "")}@${digest}`;
}
