import { chmod, chown, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { filesBelow } from "./files.ts";
import type { Shown } from "./machine.ts";

/** Nothing else is ever written among the files of others. */
const OWN = /^\.?appos(-[a-z]+)?(\.[A-Za-z]+)?$/;

/** Writes a file of AppOS's own among those of others, whole or not at all, or takes it away. `group`: who may read it besides root; anybody, where none is said. */
export async function placeOwn(path: string, text: string | undefined, group?: number): Promise<void> {
  if (!OWN.test(basename(path))) throw new Error(`${path} is not AppOS's own`);
  if (text === undefined) return void (await rm(path, { force: true }));
  // No include of others reads what is not whole yet: they ask for an ending, or leave out what begins with a dot.
  const draft = `${dirname(path)}/.${basename(path)}.new`;
  await writeFor(group, draft, text);
  await rename(draft, path);
}

async function writeFor(group: number | undefined, path: string, text: string) {
  const mode = group === undefined ? 0o644 : 0o640;
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o600);
  try {
    if (group !== undefined) await file.chown(0, group);
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** In a folder of its own that nobody can list. */
export function shownBelow(top: string): Shown {
  const files = filesBelow(top);
  const folder = join(top, "shown");
  return {
    folder,
    files: {
      list: files.list,
      remove: files.remove,
      /** Whoever has been told a file's name may read it; what is in a folder is not told. */
      async share(texts) {
        await mkdir(folder, { recursive: true, mode: 0o711 });
        await files.share(texts);
        for (const each of new Set([top, folder, ...Object.keys(texts).map(dirname)])) await chmod(each, 0o711);
      },
    },
  };
}

/** Files in one folder that only one group reads, and only root writes. */
export const keptBelow = (top: string) => {
  const folder = join(top, "kept");
  return {
    folder,
    async keep(texts: ReadonlyMap<string, string>, group: number) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(top, 0o711);
      await chown(folder, 0, group);
      await chmod(folder, 0o750);
      for (const [name, text] of texts) {
        if ((await readFile(join(folder, basename(name)), "utf8").catch(() => undefined)) === text) continue;
        const draft = join(folder, `.${basename(name)}.new`);
        await writeFor(group, draft, text);
        await rename(draft, join(folder, basename(name)));
      }
      const handle = await open(folder);
      await handle.sync();
      await handle.close();
    },
    async only(names: readonly string[]) {
      const there = await readdir(folder).catch(() => []);
      for (const name of there) if (!names.includes(name)) await rm(join(folder, name), { force: true });
    },
  };
};
