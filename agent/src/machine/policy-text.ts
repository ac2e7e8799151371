import { readFileSync, statSync } from "node:fs";

/**
 * The text of a server's policy file; undefined where there is none. Whoever may write it could lift it: only its owner may.
 * Read on the spot, because every job asks: five tasks for another thread take far longer than the file does.
 */
export async function policyTextIn(path: string): Promise<string | undefined> {
  const found = statOf(path);
  if (!found) return undefined;
  const owner = found.uid === 0 || found.uid === process.getuid?.();
  if (!owner || (found.mode & 0o022) !== 0)
    throw new Error(`${path} may be changed by others than its owner. Run: chown root ${path} && chmod 600 ${path}`);
  return readFileSync(path, "utf8");
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}
