import type { ServiceState } from "@appos/shared/apps";
import { PinnedImage } from "@appos/shared/jobs";
import { z } from "zod";
import { map, type Part, text } from "../policy-model.ts";
import { type AppFolder, appFolder, type ReleaseFiles, releaseFiles } from "./app-folder.ts";
import { canonicalText, readCanonical } from "./canonical.ts";
import { needDocker, throughOutages } from "./docker-outage.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { mayStart } from "./may-start.ts";
import { pullImages } from "./pull-images.ts";
import { deployedRelease, expectedIn, isRunning, keptReleases, makeCurrent, type ReleaseTexts } from "./releases.ts";
import { failedRelease } from "./restore.ts";
import { startAndAwaitHealth } from "./start.ts";
import { step } from "./step.ts";

interface Rollback {
  name: string;
  /** The one before the live one where none is said. */
  release?: number | undefined;
}

/** Puts a release that ran here before in the place of the one that is live, from what is kept of it. What ran goes on if that fails. */
export async function rollbackApp(
  { name, release }: Rollback,
  context: JobContext,
): Promise<{ release: number; services: ServiceState[] }> {
  const { machine } = context;
  const app = appFolder(machine, name);
  const { before, files } = await step("check", context, async () => {
    await needDocker(context);
    const live = await deployedRelease(machine, app);
    return { before: live, files: releaseFiles(app, await chosen(app, live.release, release, context)) };
  });
  const texts = await step("resolve", context, () => textsOf(files, context));
  const { model, images } = await pinImages(readCanonical(texts.canonical), files, context);
  const pinned = { ...texts, canonical: canonicalText(model) };
  await machine.files.write({ [files.canonical]: pinned.canonical });
  await mayStart(files, app, context);
  await pullMissing(files, map(model.services), context);

  const ran = await isRunning(machine, app);
  const services = await bringUpOrPutBack(app, files, before, model, ran, context);
  await makeCurrent(machine, app, files, pinned, images);
  return { release: files.release, services };
}

async function chosen(app: AppFolder, live: number, asked: number | undefined, { machine }: JobContext): Promise<number> {
  const kept = await keptReleases(machine, app);
  const others = kept.filter((release) => release !== live);
  const choice = others.length === 0 ? "No other is kept here." : `Kept here: ${others.join(", ")}.`;
  if (asked === undefined) {
    const former = kept.find((release) => release < live);
    if (former === undefined) throw new JobFailure("NOT_DEPLOYED", `There is no release before ${live} on this server. ${choice}`);
    return former;
  }
  if (!kept.includes(asked)) throw new JobFailure("NOT_DEPLOYED", `Release ${asked} never ran on this server, or is not kept. ${choice}`);
  return asked;
}

async function textsOf(
  { release, canonical, compose, env, secrets }: ReleaseFiles,
  { machine: { files } }: JobContext,
): Promise<ReleaseTexts> {
  const read = async (path: string) =>
    (await files.read(path)) ?? fail(`The files of release ${release} are incomplete on this server: ${path} is gone.`);
  return { compose: await read(compose), env: await read(env), canonical: await read(canonical), secrets: await read(secrets) };
}

const Manifest = z.object({ images: z.array(PinnedImage) });

/** A name such as nginx:1 may mean another image by now: where it does, the one that ran is called by its digest. */
async function pinImages(model: Part, { manifest }: ReleaseFiles, context: JobContext): Promise<{ model: Part; images: PinnedImage[] }> {
  const { files, engine } = context.machine;
  const { images } = Manifest.parse(JSON.parse((await files.read(manifest)) ?? fail("The manifest of this release is gone.")));
  const names = [...new Set(images.flatMap(({ image, digest }) => [image, byDigest({ image, digest }), digest]))];
  const here = await throughOutages(context, () => engine.images(names));
  const nameOf = (image: PinnedImage) =>
    [image.image, byDigest(image), image.digest].find((name) => here.get(name)?.digest === image.digest);
  const services = Object.fromEntries(
    Object.entries(map(model.services)).map(([service, definition]) => {
      const ran = images.find((image) => image.service === service);
      return [service, ran ? { ...map(definition), image: nameOf(ran) ?? byDigest(ran) } : definition];
    }),
  );
  return { model: { ...model, services }, images };
}

/** As its registry knows it. An image that was made here is known by its digest alone. */
function byDigest({ image, digest }: Pick<PinnedImage, "image" | "digest">): string {
  if (image.includes("@") || image === digest) return image;
  return `${image.replace(/:[^/:]*$/, "")}@${digest}`;
}

async function pullMissing(files: ReleaseFiles, services: Part, context: JobContext) {
  const here = await context.machine.engine.images(Object.values(services).map((definition) => text(map(definition).image)));
  const missing = Object.entries(services).filter(([, definition]) => !here.has(text(map(definition).image)));
  if (missing.length === 0) return context.say.skip("pull", "All images are here.");
  await pullImages(files, Object.fromEntries(missing), context);
}

async function bringUpOrPutBack(app: AppFolder, files: ReleaseFiles, before: ReleaseFiles, model: Part, ran: boolean, context: JobContext) {
  try {
    return await startAndAwaitHealth(files, expectedIn(model), context);
  } catch (error) {
    throw await failedRelease(error, { app, before, ran }, context);
  }
}

function fail(message: string): never {
  throw new JobFailure("NOT_DEPLOYED", message);
}
