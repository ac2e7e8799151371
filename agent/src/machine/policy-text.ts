import { readFile, stat } from "node:fs/promises";

/** The text of a server's policy file; undefined where there is none. Whoever may write it could lift it: only its owner may. */
export async function policyTextIn(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!found) return undefined;
  const owner = found.uid === 0 || found.uid === process.getuid?.();
  if (!owner || (found.mode & 0o022) !== 0)
    throw new Error(`${path} may be changed by others than its owner. Run: chown root ${path} && chmod 600 ${path}`);
  return readFile(path, "utf8");
}
