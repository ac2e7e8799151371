import { chmod, lstat, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, normalize, relative, sep } from "node:path";
import type { Files } from "./machine.ts";
import { placeFile, removePlaced } from "./place-file.ts";

/** Files below one folder, and nowhere else. */
export function filesBelow(folder: string): Files {
  function inside(path: string) {
    const clean = normalize(path);
    if (!clean.startsWith(folder + sep)) throw new Error(`${path} is not below the agent's folder`);
    return clean;
  }

  async function write(texts: Record<string, string>, mode: number) {
    const paths = Object.keys(texts).map(inside);
    const folders = new Set(paths.map(dirname));
    for (const each of folders) await makeFolder(folder, each);
    await Promise.all(Object.entries(texts).map(([path, text]) => replace(inside(path), text, mode)));
    await Promise.all([...folders].map(syncFolder));
    return folders;
  }

  return {
    write: async (texts) => void (await write(texts, 0o600)),
    async share(texts) {
      for (const each of await write(texts, 0o644)) await chmod(each, 0o755);
    },
    read: (path) => readFile(inside(path), "utf8").catch(absent),
    list: async (path) => (await readdir(inside(path)).catch(absent)) ?? [],
    remove: (path) => rm(inside(path), { recursive: true, force: true }),
    async linkOnTheWay(from, path) {
      const below = relative(from, path);
      if (below === "" || below === ".." || below.startsWith(`..${sep}`)) throw new Error(`${path} is not below ${from}`);
      let at = from;
      for (const part of below.split(sep)) {
        at = join(at, part);
        if ((await lstat(at).catch(absent))?.isSymbolicLink()) return at;
      }
      return undefined;
    },
    async look(path) {
      const seen = await stat(path).catch(absentOrShut);
      if (seen === "shut") return { folder: true, names: [UNSEEN] };
      if (!seen) return undefined;
      if (!seen.isDirectory()) return { folder: false, names: [] };
      return { folder: true, names: await readdir(path).catch(() => [UNSEEN]) };
    },
    place: placeFile,
    unplace: removePlaced,
    async makeDataFolder(path) {
      await mkdir(inside(path), { recursive: true, mode: 0o755 }).catch((error: NodeJS.ErrnoException) => {
        // A file is there, which is as good.
        if (error.code !== "EEXIST") throw error;
      });
    },
  };
}

/** Stands for what may not be looked at: there may be something. */
const UNSEEN = "?";

function absentOrShut(error: NodeJS.ErrnoException): undefined | "shut" {
  return error.code === "EACCES" ? "shut" : absent(error);
}

async function replace(path: string, text: string, mode: number) {
  const draft = `${path}.${crypto.randomUUID().slice(0, 8)}.new`;
  const file = await open(draft, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** A new folder's name is safe once the folder around it is. */
async function makeFolder(top: string, folder: string) {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let at = folder; first !== undefined && at !== dirname(first) && at !== top; at = dirname(at)) await syncFolder(dirname(at));
}

/** A file's name is safe once its folder is. */
async function syncFolder(folder: string) {
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
