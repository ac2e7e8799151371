import { copyFile, link, mkdir, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CommandFailed } from "./machine.ts";
import { findProgram, findTool } from "./programs.ts";
import { runProgram } from "./spawn.ts";

export interface Kit {
  version: string;
  /** Where each is kept, by where it belongs. */
  files: Record<string, string>;
}

/** Compose and its libraries, as they are now; the last kit where nothing changed. */
export async function freshKit(work: string, last: Kit | undefined): Promise<Kit> {
  const program = await findProgram("docker-compose");
  const { mtimeMs, size } = await stat(program);
  const version = `compose-${Math.floor(mtimeMs)}-${size}`;
  if (last?.version === version) return last;

  // Nobody works in there yet, or all who do hold links of their own.
  if (!last) await rm(work, { recursive: true, force: true });
  const folder = join(work, version);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const wanted: Record<string, string> = { "/docker-compose": program };
  for (const library of await librariesOf(program)) wanted[library] = library;
  const files: Record<string, string> = {};
  for (const [place, source] of Object.entries(wanted)) {
    files[place] = join(folder, place.slice(1).replaceAll("/", "_"));
    await keep(source, files[place]);
  }
  return { version, files };
}

/** A link where that is possible: Compose is large. */
async function keep(source: string, target: string) {
  const file = await realpath(source);
  await link(file, target).catch(() => copyFile(file, target));
}

/** None for a program that brings all it needs. */
async function librariesOf(program: string) {
  const ldd = await findTool("ldd");
  const found: string[] = [];
  const onLine = (_: string, line: string) => void found.push(...(line.match(/(?<=\s)\/\S+(?= \()/g) ?? []));
  if (ldd) await runProgram(ldd, [program], { env: {}, onLine }).catch(ignoreExit);
  return found;
}

function ignoreExit(error: unknown) {
  if (!(error instanceof CommandFailed)) throw error;
}
