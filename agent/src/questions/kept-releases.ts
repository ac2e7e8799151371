import { appFolder, releaseFiles } from "../jobs/app-folder.ts";
import { readManifest } from "../jobs/manifest.ts";
import { isHere, namesOf } from "../jobs/pin-release.ts";
import { keptReleases } from "../jobs/kept-releases.ts";
import type { QuestionHandler } from "./question.ts";

export const keptReleasesOf: QuestionHandler<"kept-releases"> = async ({ name }, { machine }) => {
  const app = await appFolder(machine, name);
  const releases = await keptReleases(machine, app);
  const manifests = await Promise.all(releases.map((release) => readManifest(machine, releaseFiles(app, release))));
  const images = manifests.map((manifest) => manifest?.images ?? []);
  const here = await machine.engine.images([...new Set(images.flat().flatMap(namesOf))]);
  return { releases: releases.map((release, i) => ({ release, here: images[i]!.every((image) => isHere(image, here)) })) };
};
