import { z } from "zod";
import type { Machine } from "../machine/machine.ts";
import type { ReleaseFiles } from "./app-folder.ts";

const Former = z.record(z.string(), z.string());
const kept = ["compose", "env", "canonical", "secrets", "files", "manifest"] as const;

/**
 * A control plane that was put back to an older copy gives numbers of releases again. What ran under this number before is kept aside
 * until the other one runs: if that fails, it is what is put back.
 */
export async function setAside({ files }: Pick<Machine, "files">, release: ReleaseFiles) {
  const read = await Promise.all(kept.map(async (each) => [each, await files.read(release[each])] as const));
  const texts = Object.fromEntries(read.filter(([, text]) => text !== undefined));
  // One file, so that all of it is there or nothing.
  if (texts["manifest"] !== undefined) await files.write({ [release.former]: JSON.stringify(texts) });
}

/** Puts back what was kept aside, where anything was. */
export async function takeBack({ files }: Pick<Machine, "files">, release: ReleaseFiles) {
  const text = await files.read(release.former);
  if (text === undefined) return;
  const former = Former.parse(JSON.parse(text));
  await files.write(Object.fromEntries(kept.flatMap((each) => (former[each] === undefined ? [] : [[release[each], former[each]]]))));
  await files.remove(release.former);
}

/** Whatever becomes of a release: until it is live, what ran under its number before is not lost. */
export async function orTakeBack<T>(machine: Pick<Machine, "files">, release: ReleaseFiles, task: () => Promise<T>): Promise<T> {
  await takeBack(machine, release);
  try {
    return await task();
  } catch (error) {
    // Where the disk is full, whoever comes next does it.
    await takeBack(machine, release).catch(() => undefined);
    throw error;
  }
}
