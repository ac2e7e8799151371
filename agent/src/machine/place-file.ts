import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rmdir, unlink } from "node:fs/promises";
import { JobFailure } from "../jobs/job-failure.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

interface How {
  executable: boolean;
  /** A file that is there stays as it is. */
  keep: boolean;
}

/**
 * Files in a folder that containers may write to, and so may fill with links. The way to a file is walked from one open folder to the
 * next, none of which may be a link, so that nothing outside is ever touched, whoever swaps folders meanwhile.
 */
export async function placeFile(base: string, path: string, bytes: Uint8Array, { executable, keep }: How): Promise<void> {
  const parts = partsOf(path);
  const name = parts.pop()!;
  await inFolder(base, parts, path, true, async (folder) => {
    const mode = executable ? 0o755 : 0o644;
    if (await isThere(`${folder}/${name}`, keep ? undefined : bytes, mode)) return;
    const draft = `${folder}/.${name}.${crypto.randomUUID().slice(0, 8)}.new`;
    const file = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    try {
      await file.writeFile(bytes);
      // Whatever the umask took away.
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await replace(draft, `${folder}/${name}`, path);
  });
}

/** Takes a file away, and the folders that are empty without it; unless its SHA-256 is another: then it stays, and the answer is true. */
export async function removePlaced(base: string, path: string, sum: string): Promise<boolean> {
  const parts = partsOf(path);
  const name = parts.pop()!;
  const stays = await inFolder(base, parts, path, false, async (folder) => {
    const found = await sumOf(`${folder}/${name}`);
    if (found !== undefined && found !== sum) return true;
    if (found !== undefined) await unlink(`${folder}/${name}`).catch(unlessThere);
    return false;
  });
  if (stays) return true;
  for (; parts.length > 0; parts.pop()) {
    const above = parts.slice(0, -1);
    const emptied = await inFolder(base, above, path, false, (folder) => rmdir(`${folder}/${parts.at(-1)!}`).then(() => true, unlessEmpty));
    if (!emptied) break;
  }
  return false;
}

/** Nothing in it leads up or stays where it is. */
function partsOf(path: string): string[] {
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) throw new Error(`${path} is no path below a folder`);
  return parts;
}

/** Undefined for what is no file. */
async function sumOf(path: string): Promise<string | undefined> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  try {
    if (!file || !(await file.stat()).isFile()) return undefined;
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  } finally {
    await file?.close();
  }
}

/** Docker makes an empty folder of a file that was not there when it was mounted. */
async function replace(draft: string, target: string, path: string) {
  try {
    await rename(draft, target);
  } catch (error) {
    if (codeOf(error) !== "EISDIR") throw error;
    const gone = await rmdir(target).then(() => true, unlessEmpty);
    if (gone) return rename(draft, target);
    await unlink(draft);
    throw new JobFailure(
      "CONFIG_FILE_BLOCKED",
      `The config file ${path} cannot be put in its place: on the server there is a folder of that name with something in it. Move that folder away, then deploy again.`,
    );
  }
}

async function inFolder<T>(base: string, parts: readonly string[], path: string, make: boolean, act: (folder: string) => Promise<T>) {
  let folder: FileHandle | undefined;
  const at = (handle: FileHandle) => `/proc/self/fd/${handle.fd}`;
  try {
    if (make) await mkdir(base, { recursive: true, mode: 0o755 });
    folder = await open(base, O_RDONLY | O_DIRECTORY);
    for (const part of parts) {
      const here: FileHandle = folder;
      if (make) await mkdir(`${at(here)}/${part}`, { mode: 0o755 }).catch(ifThere);
      const next = await open(`${at(here)}/${part}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await here.close();
      folder = next;
    }
    const result = await act(at(folder));
    await folder.sync();
    return result;
  } catch (error) {
    if (!make && codeOf(error) === "ENOENT") return undefined;
    if (codeOf(error) === "ENOTDIR" || codeOf(error) === "ELOOP")
      throw new JobFailure(
        "CONFIG_FILE_BLOCKED",
        `The config file ${path} cannot be put in its place: on the server, a part of its path is a file or a link. Move that away, then deploy again.`,
      );
    throw error;
  } finally {
    await folder?.close();
  }
}

/** With these bytes, or whatever it holds. */
async function isThere(path: string, bytes: Uint8Array | undefined, mode: number): Promise<boolean> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return false;
  try {
    const stats = await file.stat();
    if (!bytes) return stats.isFile();
    return (
      stats.isFile() && stats.size === bytes.length && (stats.mode & 0o777) === mode && Buffer.compare(await readFile(file), bytes) === 0
    );
  } finally {
    await file.close();
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
function ifThere(error: unknown) {
  if (codeOf(error) !== "EEXIST") throw error;
}
function unlessThere(error: unknown) {
  if (codeOf(error) !== "ENOENT" && codeOf(error) !== "EISDIR") throw error;
}
function unlessEmpty(error: unknown): false {
  if (!["ENOTEMPTY", "ENOENT", "EEXIST", "ENOTDIR"].includes(codeOf(error) ?? "")) throw error;
  return false;
}
