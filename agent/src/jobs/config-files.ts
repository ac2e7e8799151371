import { type ConfigFile, ConfigFilePath, ConfigFiles } from "@appos/shared/config-files";
import { z } from "zod";
import { list, map, type Part, text } from "../policy-model.ts";
import { cleanPath, isBelow } from "../policy-mounts.ts";
import type { AppFolder, ReleaseFiles } from "./app-folder.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";

/** Sums up the config files that a service is given, so that it is made anew when one of them changes, and no other is. */
export const FILES_LABEL = "appos.files";

/** The model with a label on each service that is given config files. */
export async function withFileLabels(model: Part, files: readonly ConfigFile[], directory: string): Promise<Part> {
  if (files.length === 0) return model;
  const services: Part = {};
  for (const [name, definition] of Object.entries(map(model.services))) {
    const service = map(definition);
    const sources = sourcesOf(service, model);
    const isGiven = (path: string) => sources.some((source) => path === source || isBelow(path, source));
    const given = files.filter(({ path }) => isGiven(`${cleanPath(directory)}/${path}`));
    services[name] = given.length === 0 ? service : { ...service, labels: { ...map(service.labels), [FILES_LABEL]: await sumOf(given) } };
  }
  return { ...model, services };
}

/** Paths of the server that a service is given. */
function sourcesOf(service: Part, model: Part): string[] {
  const binds = list(service.volumes)
    .map(map)
    .filter(({ type }) => type === "bind")
    .map(({ source }) => text(source));
  const lent = (["configs", "secrets"] as const).flatMap((kind) =>
    list(service[kind]).map((given) => text(map(map(model[kind])[text(map(given).source)]).file)),
  );
  return [...binds, ...lent].filter((path) => path !== "").map(cleanPath);
}

async function sumOf(files: readonly ConfigFile[]): Promise<string> {
  const sums = await Promise.all(files.map(async (file) => [file.path, await sumOfFile(file)]));
  return (await sha256(new TextEncoder().encode(JSON.stringify(sums.toSorted())))).slice(0, 16);
}

const sumOfFile = async (file: ConfigFile) => `${await sha256(bytesOf(file))}${file.executable ? " x" : ""}`;

/** In hex. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const bytesOf = ({ content, encoding }: Pick<ConfigFile, "content" | "encoding">): Uint8Array =>
  encoding === "base64" ? Uint8Array.from(atob(content), (character) => character.charCodeAt(0)) : new TextEncoder().encode(content);

/** As a release keeps them. */
export const filesText = (files: readonly ConfigFile[]) => JSON.stringify(files);

/** What was put in its place last, by path, with its sum: a file that a release does not change stays as it is there, whoever wrote to it since. */
const Placed = z.record(ConfigFilePath, z.string());
type Placed = z.output<typeof Placed>;

function placedFiles(text: string | undefined): Placed {
  try {
    return Placed.parse(JSON.parse(text ?? "{}"));
  } catch {
    // Somebody spoiled it: then nothing is known to be ours, and nothing is taken away.
    return {};
  }
}
export const placedPaths = (text: string) => Object.keys(placedFiles(text));

/** Puts the config files of a release where its services mount them, and takes away those of another. */
export async function placeConfigFiles({ folder, files, placed }: ReleaseFiles, { machine, say }: Pick<JobContext, "machine" | "say">) {
  const kept = await machine.files.read(files);
  const wanted: ConfigFile[] = kept === undefined ? [] : ConfigFiles.parse(JSON.parse(kept));
  const there = placedFiles(await machine.files.read(placed));
  const sums = Object.fromEntries(await Promise.all(wanted.map(async (file) => [file.path, await sumOfFile(file)] as const)));
  const stays = (path: string) => there[path] === sums[path];
  const changes = wanted.filter(({ path }) => !stays(path)).map(({ path }) => path);
  // Whatever happens in between, no file of ours is forgotten, and none is taken for placed that is not.
  const begun = { ...there, ...Object.fromEntries(changes.map((path) => [path, ""])) };
  if (changes.length > 0) await machine.files.write({ [placed]: JSON.stringify(begun) });
  const gone = Object.entries(there).filter(([path]) => !(path in sums));
  await takeAway(folder, gone, { machine, say });
  for (const { path, executable, ...file } of wanted)
    await machine.files.place(folder, path, bytesOf(file), { executable, keep: stays(path) });
  if (changes.length > 0 || gone.length > 0) await machine.files.write({ [placed]: JSON.stringify(sums) });
}

/** Takes all of an app's config files away. */
export async function removeConfigFiles({ path: folder, placed }: AppFolder, context: Pick<JobContext, "machine" | "say">) {
  await takeAway(folder, Object.entries(placedFiles(await context.machine.files.read(placed))), context);
  await context.machine.files.remove(placed);
}

/** What somebody has written to since is theirs, and stays. */
async function takeAway(folder: string, placed: [path: string, sum: string][], { machine, say }: Pick<JobContext, "machine" | "say">) {
  for (const [path, sum] of placed) {
    const stayed = await machine.files.unplace(folder, path, sum.split(" ")[0]!);
    if (stayed) say.note(`The config file ${path} was changed on the server since it was put there, so it stays.`);
  }
}

/** Files of an app that was adopted lie where they always have: they are its owner's, and none of ours. */
export function refuseFilesOfAdopted(files: readonly ConfigFile[], { path, directory }: AppFolder) {
  if (files.length === 0 || directory === path) return;
  throw new JobFailure(
    "CONFIG_FILE_BLOCKED",
    `This app was adopted, and its files lie in ${directory} on the server: edit them there, and remove ${files.map((file) => file.path).join(", ")} from its configuration.`,
  );
}
