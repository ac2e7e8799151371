import { danger } from "../plan.ts";
import { type ServiceRule, text, withDefaults } from "./model.ts";

/** Their code names stand for one version each. */
const CODE_NAMED = /(^|\/)(debian|ubuntu|buildpack-deps)$/;

export interface ImageName {
  repository: string;
  tag: string | undefined;
  digest: string | undefined;
}

export function imageName(image: string): ImageName {
  const [named = "", digest] = image.split("@");
  const [, repository = named, tag] = /^(.*?)(?::([^:/]*))?$/.exec(named) ?? [];
  return { repository, tag, digest };
}

/** A tag that names no version means another image with every release of it. */
export function drifts({ repository, tag, digest }: ImageName): boolean {
  if (digest !== undefined) return false;
  if (tag === undefined || /^(latest|nightly|edge|main|master|dev|develop|canary|unstable)([-._]|$)/i.test(tag)) return true;
  return !/\d/.test(tag) && !CODE_NAMED.test(repository);
}

/** Whether the same compose file gives the same app tomorrow. */
export const images: ServiceRule = ({ name, definition }) => {
  const image = withDefaults(text(definition.image));
  if (!image || definition.build) return [];
  const parts = imageName(image);
  if (parts.digest !== undefined) return [];
  if (!drifts(parts)) {
    const message = `${image} of ${name} is named by its tag. Its publisher may put another image under the same tag.`;
    return [
      danger("no-digest", {
        service: name,
        message,
        remedy:
          "Nothing has to be done: each release keeps the digest of what it ran. To refuse another image from the start, add @sha256:… to the name.",
      }),
    ];
  }
  const how = parts.tag === undefined ? "has no tag, which means latest" : `has the tag ${parts.tag}, which names no version`;
  return [
    danger("latest-tag", {
      service: name,
      message: `${image} of ${name} ${how}: what is pulled tomorrow may be another version, with other needs of its data.`,
      remedy: `Name a version, such as ${parts.repository}:1.2, and raise it when you want to.`,
    }),
  ];
};
