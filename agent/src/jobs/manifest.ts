import { PinnedImage } from "@appos/shared/jobs";
import { z } from "zod";
import type { Container, Machine } from "../machine/machine.ts";
import type { ReleaseFiles } from "./app-folder.ts";

/** What of a release became of it on this server: kept for a release that was live once. */
export const Manifest = z.object({
  release: z.int().positive(),
  /** `id`: the image's own, by which it is found when it has lost every name. */
  images: z.array(PinnedImage.extend({ id: z.string().optional() })),
  /** How its containers were when it went live, by service. */
  services: z.record(z.string(), z.object({ configHash: z.string().nullable(), limits: z.string() })).default({}),
});
export type Manifest = z.output<typeof Manifest>;
export type KeptImage = Manifest["images"][number];

/** Undefined where the release never was live here, or is not kept. */
export async function readManifest({ files }: Pick<Machine, "files">, { manifest }: ReleaseFiles): Promise<Manifest | undefined> {
  const text = await files.read(manifest);
  if (text === undefined) return undefined;
  try {
    return Manifest.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const manifestText = (manifest: Manifest, at: number) =>
  `${JSON.stringify({ ...manifest, deployedAt: new Date(at).toISOString() }, null, 2)}\n`;

/** How a release's containers are. Of a service that has several, they are alike. */
export const servicesOf = (containers: Container[], hashes?: ReadonlyMap<string, string>): Manifest["services"] =>
  Object.fromEntries(
    containers.map(({ status, configHash, limits }) => [status.service, { configHash: hashes?.get(status.service) ?? configHash, limits }]),
  );

/** Its containers were made anew, and may have been made from other names of the same images. */
export async function writeHashes({ files }: Pick<Machine, "files">, { manifest }: ReleaseFiles, containers: Container[]): Promise<void> {
  const text = await files.read(manifest);
  const { data } = Manifest.loose().safeParse(text === undefined ? undefined : JSON.parse(text));
  if (!data) return;
  const hashes = servicesOf(containers);
  const services = Object.entries(data.services).map(([service, was]) => [
    service,
    { ...was, configHash: hashes[service]?.configHash ?? was.configHash },
  ]);
  await files.write({ [manifest]: `${JSON.stringify({ ...data, services: Object.fromEntries(services) }, null, 2)}\n` });
}

/** With the id of each image: that of what runs, or where nothing does, of what has the name here. */
export async function withIds(images: readonly PinnedImage[], containers: Container[], { engine }: Machine): Promise<KeptImage[]> {
  const running = new Map(containers.map(({ status, imageId }) => [status.service, imageId]));
  const idle = images.filter(({ service }) => !running.has(service));
  const here = idle.length === 0 ? new Map() : await engine.images(idle.map(({ image }) => image));
  return images.map((pinned) => {
    const id = running.get(pinned.service) ?? (here.get(pinned.image)?.id as string | undefined);
    return id === undefined ? pinned : { ...pinned, id };
  });
}
