import type { PinnedImage } from "@appos/shared/jobs";
import type { AvailableUpdate, UpdatesFound } from "@appos/shared/updates";
import type { ImageCheck } from "./schema.ts";

/** A name that means the same image for ever needs no asking. */
export const isTagged = ({ image }: Pick<PinnedImage, "image">) => !image.includes("@") && !image.startsWith("sha256:");

/** What registries had to say of the images that an app runs. */
export function updatesOf(running: readonly PinnedImage[], checks: ReadonlyMap<string, ImageCheck>): UpdatesFound {
  const tagged = running.filter(isTagged);
  const asked = tagged.flatMap(({ image }) => checks.get(image) ?? []);
  const times = asked.flatMap(({ checkedAt }) => checkedAt ?? []);
  return {
    available: tagged.flatMap((pinned) => newer(pinned, checks.get(pinned.image)) ?? []),
    checkedAt: times.length > 0 ? Math.max(...times) : null,
    problem: asked.find(({ problem }) => problem !== null)?.problem ?? null,
  };
}

function newer({ service, image, digest }: PinnedImage, check: ImageCheck | undefined): AvailableUpdate | undefined {
  if (!check?.digest || check.digest === digest || check.alias.includes(digest)) return undefined;
  return { service, image, from: digest, to: check.digest, seenAt: check.seenAt ?? check.checkedAt ?? 0 };
}
