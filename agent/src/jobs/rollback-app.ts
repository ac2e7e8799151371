import { ConfigFiles } from "@appos/shared/config-files";
import type { JobInput, JobResult } from "@appos/shared/jobs";
import { rememberedFolder } from "../adopt/remembered.ts";
import { dotenv } from "../commands/dotenv.ts";
import { needConfirmation } from "../plan/confirmation.ts";
import { map, type Part, text } from "../policy-model.ts";
import { type AppFolder, type ReleaseFiles, releaseFiles } from "./app-folder.ts";
import { givenUpBefore, notingBefore, wasRunning } from "./before.ts";
import { canonicalText, readCanonical } from "./canonical.ts";
import { filesText } from "./config-files.ts";
import { needDocker } from "./docker-outage.ts";
import { orTakeBack, setAside } from "./former-texts.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { keepImagesBefore } from "./keep-images.ts";
import { readManifest } from "./manifest.ts";
import { mayStart } from "./may-start.ts";
import { pinImages } from "./pin-release.ts";
import { pullImages } from "./pull-images.ts";
import { putRight } from "./put-right.ts";
import { keptReleases } from "./kept-releases.ts";
import { currentRelease, expectedIn, keepRelease, keptModel, makeCurrent, type ReleaseTexts } from "./releases.ts";
import { resolveRelease } from "./resolve-release.ts";
import { failedRelease } from "./restore.ts";
import { startAndAwaitHealth } from "./start.ts";
import { step } from "./step.ts";

/** Root on the server names a release, or none: then it is the one before the live one, of those that are kept. */
type Rollback = Partial<JobInput<"rollback-app">> & { appId: string; name: string };

/** Puts a release that was live before in the place of the one that is, exactly as it ran. What ran goes on if that fails. */
export async function rollbackApp(asked: Rollback, context: JobContext): Promise<JobResult<"rollback-app"> & { release: number }> {
  const app = await rememberedFolder(asked, context);
  const choose = () =>
    step("check", context, async () => {
      await needDocker(context);
      return chosen(app, asked, context);
    });
  if (asked.release === undefined) {
    const choice = await choose();
    return notingBefore(choice.files, context, () => rollBack(asked, app, choice, context));
  }
  const files = releaseFiles(app, asked.release);
  return orTakeBack(context.machine, files, () =>
    notingBefore(files, context, async () => {
      if (context.signal.aborted) throw await givenUpBefore(app, files, context);
      return rollBack(asked, app, await choose(), context);
    }),
  );
}

async function rollBack(asked: Rollback, app: AppFolder, { before, files, isKept }: Chosen, context: JobContext) {
  const { machine } = context;
  const { texts, images } = await step("resolve", context, async () => {
    const past = isKept ? await kept(files, context) : await remade(asked, app, files, before, context);
    await needToBeAsked(past.texts, asked, { app, files, before }, context);
    if (!isKept) {
      await setAside(machine, files);
      await keepRelease(machine, files, past.texts);
    }
    return past;
  });
  const model = await pinImages(await keptModel(machine, files), images, context);
  const pinned = { ...texts, canonical: canonicalText(model) };
  await machine.files.write({ [files.canonical]: pinned.canonical });
  await mayStart(files, app, context);
  await pullMissing(files, map(model.services), context);

  await keepImagesBefore(machine, app, images);
  const ran = await wasRunning(app, files, context);
  const containers = await bringUpOrPutBack(app, files, before, model, ran, context);
  await makeCurrent(machine, app, { files, texts: pinned, images, containers, keep: asked.keep });
  return {
    release: files.release,
    images: images.map(({ service, image, digest }) => ({ service, image, digest })),
    canonical: "",
    services: containers.map(({ status }) => status),
  };
}

interface Chosen {
  before: ReleaseFiles | undefined;
  files: ReleaseFiles;
  /** All of it is here; otherwise it is made anew. */
  isKept: boolean;
}

async function chosen(app: AppFolder, { release, remake }: Rollback, { machine }: JobContext): Promise<Chosen> {
  const before = await currentRelease(machine, app);
  const there = await keptReleases(machine, app);
  const live = before?.release;
  if (release !== undefined) {
    const files = releaseFiles(app, release);
    const isKept = there.includes(release) && (!remake || (await isSame(files, remake, machine)));
    if (isKept || remake) return { before, files, isKept };
    throw new JobFailure("NOT_DEPLOYED", `Release ${release} never ran on this server, or is not kept. ${choice(there, live)}`);
  }
  if (live === undefined) throw new JobFailure("NOT_DEPLOYED", "Nothing of this app is deployed on this server yet. Deploy it first.");
  const former = there.find((each) => each < live);
  if (former === undefined)
    throw new JobFailure("NOT_DEPLOYED", `There is no release before ${live} on this server. ${choice(there, live)}`);
  return { before, files: releaseFiles(app, former), isKept: true };
}

function choice(there: number[], live: number | undefined) {
  const others = there.filter((release) => release !== live);
  return others.length === 0 ? "No other is kept here." : `Kept here: ${others.join(", ")}.`;
}

type Remake = NonNullable<JobInput<"rollback-app">["remake"]>;

/** A number may stand for another release here than where it is asked for: one of the two was restored from an older copy. */
async function isSame(files: ReleaseFiles, { compose, env, files: given, images }: Remake, machine: JobContext["machine"]) {
  const manifest = await readManifest(machine, files);
  const digests = (of: readonly { service: string; digest: string }[]) =>
    of
      .map(({ service, digest }) => `${service} ${digest}`)
      .sort()
      .join();
  return (
    (await machine.files.read(files.compose)) === compose &&
    (await machine.files.read(files.env)) === dotenv(env) &&
    ((await machine.files.read(files.files)) ?? filesText([])) === filesText(given) &&
    digests(manifest?.images ?? []) === digests(images)
  );
}

async function kept(files: ReleaseFiles, { machine }: JobContext) {
  const read = async (path: string) =>
    (await machine.files.read(path)) ?? fail(`The files of release ${files.release} are incomplete on this server: ${path} is gone.`);
  const manifest = (await readManifest(machine, files)) ?? fail("The manifest of this release is gone.");
  const texts: ReleaseTexts = {
    compose: await read(files.compose),
    env: await read(files.env),
    canonical: await read(files.canonical),
    secrets: await read(files.secrets),
    // Releases of before there were config files have none.
    files: (await machine.files.read(files.files)) ?? "[]",
  };
  return { texts, images: manifest.images };
}

/** From what the control plane keeps of it: it was forgotten here, or ran on another server. */
async function remade(
  { appId, remake }: Rollback,
  app: AppFolder,
  files: ReleaseFiles,
  before: ReleaseFiles | undefined,
  context: JobContext,
) {
  if (!remake) return fail(`Release ${files.release} is not kept on this server.`);
  context.say.note(`Release ${files.release} is not kept on this server as it was deployed, and is made anew.`);
  const { texts } = await resolveRelease({ ...remake, appId, release: files.release }, app, before, context);
  return { texts, images: remake.images };
}

/** What it may cost is held against what runs, as before a deployment. Root on the server, and a control plane of before, confirm nothing. */
async function needToBeAsked(
  { canonical, files: given }: ReleaseTexts,
  { confirmed = null }: Rollback,
  { app, files, before }: { app: AppFolder; files: ReleaseFiles; before: ReleaseFiles | undefined },
  context: JobContext,
) {
  const live = before && (await context.machine.files.read(before.canonical));
  const running = live === undefined ? undefined : readCanonical(live);
  const next = { model: readCanonical(canonical), running, before, app, files: ConfigFiles.parse(JSON.parse(given)) };
  await needConfirmation(next, { files, confirmed }, context);
}

async function pullMissing(files: ReleaseFiles, services: Part, context: JobContext) {
  const here = await context.machine.engine.images(Object.values(services).map((definition) => text(map(definition).image)));
  const missing = Object.entries(services).filter(([, definition]) => !here.has(text(map(definition).image)));
  if (missing.length === 0) return context.say.skip("pull", "All images are here.");
  await pullImages(files, Object.fromEntries(missing), context);
}

async function bringUpOrPutBack(
  app: AppFolder,
  files: ReleaseFiles,
  before: ReleaseFiles | undefined,
  model: Part,
  ran: boolean,
  context: JobContext,
) {
  try {
    const isLive = before?.release === files.release;
    return await startAndAwaitHealth(files, expectedIn(model), context, async () => {
      if (isLive) await putRight(files, context);
    });
  } catch (error) {
    throw await failedRelease(error, { app, before, ran }, context);
  }
}

function fail(message: string): never {
  throw new JobFailure("NOT_DEPLOYED", message);
}
