import type { PinnedImage } from "@appos/shared/jobs";
import * as z from "zod";
import { adoptedProject } from "../adopt/adopted-project.ts";
import type { Container, Machine } from "../machine/machine.ts";
import { map, type Part } from "../policy-model.ts";
import { replicasOf } from "../policy.ts";
import { type AppFolder, type ReleaseFiles, releaseFiles } from "./app-folder.ts";
import { readCanonical } from "./canonical.ts";
import type { Expected } from "./health.ts";
import { JobFailure } from "./job-failure.ts";
import { keepImages } from "./keep-images.ts";
import { keptReleases } from "./kept-releases.ts";
import { manifestText, servicesOf, withIds } from "./manifest.ts";

/** Releases whose files stay, unless it is said how many. */
const KEPT = 10;
const Current = z.object({ release: z.int().positive() });

/** The release that is live; undefined where none is. */
export async function currentRelease({ files }: Machine, app: AppFolder): Promise<ReleaseFiles | undefined> {
  const text = await files.read(app.current);
  const { data } = Current.safeParse(text === undefined ? undefined : parsed(text));
  return data && releaseFiles(app, data.release);
}

export async function deployedRelease(machine: Machine, app: AppFolder): Promise<ReleaseFiles> {
  const current = await currentRelease(machine, app);
  if (!current) throw new JobFailure("NOT_DEPLOYED", "Nothing of this app is deployed on this server yet. Deploy it first.");
  return current;
}

/** Whether anything of an app would be missed if it were not put back: what falls over and is started again would be. */
export const isRunning = async ({ engine }: Machine, { project }: AppFolder) =>
  (await engine.containers({ project })).some(({ status }) => status.state === "running" || status.state === "restarting");

/** Which containers a release is to have. */
export const expectedIn = (model: Part): Expected =>
  new Map(Object.entries(map(model.services)).map(([service, definition]) => [service, replicasOf(map(definition))]));

export const expectedOf = async (machine: Machine, release: ReleaseFiles): Promise<Expected> =>
  expectedIn(await keptModel(machine, release));

/** What runs, or ran, of a release, as it is kept here. */
export async function keptModel({ files }: Machine, { canonical }: ReleaseFiles): Promise<Part> {
  const text = await files.read(canonical);
  if (text === undefined)
    throw new JobFailure("NOT_DEPLOYED", "The files of the live release are gone from this server. Deploy the app again.");
  return readCanonical(text);
}

/** Whose release it is; undefined where that was not written down. */
export async function appIdIn(machine: Machine, app: AppFolder, { canonical }: ReleaseFiles): Promise<string | undefined> {
  const text = await machine.files.read(canonical);
  const [service] = Object.values(map(text === undefined ? {} : readCanonical(text).services));
  const appId = map(map(service).labels)["appos.app"];
  return typeof appId === "string" ? appId : (await adoptedProject(machine, app.adopted))?.appId;
}

export interface ReleaseTexts {
  compose: string;
  env: string;
  canonical: string;
  secrets: string;
  files: string;
}

/** Keeps what a release is made of, before anything of it is started. */
export const keepRelease = ({ files }: Machine, to: ReleaseFiles, texts: ReleaseTexts) =>
  files.write({
    [to.compose]: texts.compose,
    [to.env]: texts.env,
    [to.canonical]: texts.canonical,
    [to.secrets]: texts.secrets,
    [to.files]: texts.files,
  });

interface Live {
  files: ReleaseFiles;
  texts: ReleaseTexts;
  images: readonly PinnedImage[];
  /** All of its containers. */
  containers: Container[];
  /** How many releases are kept. */
  keep?: number | undefined;
  /** What its containers should have been made from, where they were not made by it. */
  hashes?: ReadonlyMap<string, string>;
}

/** From here on this release is the live one. */
export async function makeCurrent(machine: Machine, app: AppFolder, { files: to, texts, images, containers, keep = KEPT, hashes }: Live) {
  const at = machine.now();
  const manifest = { release: to.release, images: await withIds(images, containers, machine), services: servicesOf(containers, hashes) };
  await machine.files.write({ [app.compose]: texts.compose, [app.env]: texts.env, [to.manifest]: manifestText(manifest, at) });
  await machine.files.write({ [app.current]: json({ release: to.release, at }) });
  await machine.files.remove(to.former);
  await forgetOldReleases(machine, app, to.release, keep);
  await keepImages(machine, app, new Set(containers.map(({ imageId }) => imageId)));
}

/** Those that never ran cannot be gone back to; the newest of them stays, for whoever looks for what went wrong. */
async function forgetOldReleases(machine: Machine, app: AppFolder, current: number, keep: number) {
  const all = (await machine.files.list(app.releases)).filter((name) => /^\d+$/.test(name)).map(Number);
  const ran = await keptReleases(machine, app);
  const failed = all.filter((release) => !ran.includes(release)).toSorted((a, b) => b - a);
  const others = ran.filter((release) => release !== current);
  for (const release of [...others.slice(keep - 1), ...failed.slice(1)]) await machine.files.remove(`${app.releases}/${release}`);
}

/** A file that someone spoiled is like none: the next deploy writes a new one. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
