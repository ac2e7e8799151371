import type { PinnedImage } from "@appos/shared/jobs";
import * as z from "zod";
import type { Machine } from "../machine/machine.ts";
import { map, type Part } from "../policy-model.ts";
import { replicasOf } from "../policy.ts";
import { type AppFolder, type ReleaseFiles, releaseFiles } from "./app-folder.ts";
import { readCanonical } from "./canonical.ts";
import type { Expected } from "./health.ts";
import { JobFailure } from "./job-failure.ts";

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

/** The releases that ran here once and whose files are kept, newest first: what never became live has no manifest. */
export async function keptReleases({ files }: Machine, app: AppFolder): Promise<number[]> {
  const numbers = (await files.list(app.releases)).filter((each) => /^[1-9]\d*$/.test(each)).map(Number);
  const ran = await Promise.all(numbers.map(async (release) => (await files.read(releaseFiles(app, release).manifest)) !== undefined));
  return numbers.filter((_, i) => ran[i]).toSorted((a, b) => b - a);
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

export interface ReleaseTexts {
  compose: string;
  env: string;
  canonical: string;
  secrets: string;
}

/** Keeps what a release is made of, before anything of it is started. */
export const keepRelease = ({ files }: Machine, to: ReleaseFiles, texts: ReleaseTexts) =>
  files.write({ [to.compose]: texts.compose, [to.env]: texts.env, [to.canonical]: texts.canonical, [to.secrets]: texts.secrets });

/** From here on this release is the live one. */
export async function makeCurrent(machine: Machine, app: AppFolder, to: ReleaseFiles, texts: ReleaseTexts, images: PinnedImage[]) {
  const at = machine.now();
  const manifest = { release: to.release, deployedAt: new Date(at).toISOString(), images };
  await machine.files.write({ [app.compose]: texts.compose, [app.env]: texts.env, [to.manifest]: json(manifest) });
  await machine.files.write({ [app.current]: json({ release: to.release, at }) });
  await forgetOldReleases(machine, app, to.release);
}

async function forgetOldReleases({ files }: Machine, app: AppFolder, current: number) {
  const kept = (await files.list(app.releases))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => b - a);
  for (const release of kept.slice(KEPT)) if (release !== current) await files.remove(`${app.releases}/${release}`);
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
