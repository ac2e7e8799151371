import { constants } from "node:fs";
import { open, readlink, realpath } from "node:fs/promises";
import { normalize, relative, sep } from "node:path";
import type { ProjectFile } from "./machine.ts";

/** No file of a project is larger. */
const BYTES = 96 * 1024;

/**
 * A file that a compose project on this server is made of. Only a plain one below the project's folder, not reached through any link:
 * what is opened is looked at, not what is said to be there.
 */
export async function projectFile(directory: string, path: string): Promise<ProjectFile> {
  const below = relative(directory, normalize(path));
  if (below === "" || below === ".." || below.startsWith(`..${sep}`)) return { problem: "is not below the project's folder" };
  const place = `${await realpath(directory).catch(() => directory)}${sep}${below}`;
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => error.code,
  );
  if (file === undefined || typeof file === "string") return { problem: problems[file ?? ""] ?? "cannot be read" };
  try {
    const found = await file.stat();
    if (!found.isFile()) return { problem: "is no file" };
    if ((await readlink(`/proc/self/fd/${file.fd}`)) !== place) return { problem: problems.ELOOP! };
    if (found.size > BYTES) return { problem: `is larger than ${BYTES / 1024} KiB` };
    return { text: await file.readFile("utf8") };
  } finally {
    await file.close();
  }
}

const problems: Record<string, string> = {
  ENOENT: "is gone",
  ENOTDIR: "is gone",
  ELOOP: "is reached through a link",
};
