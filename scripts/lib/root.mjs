import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the workspace. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const at = (...names) => join(root, ...names);
