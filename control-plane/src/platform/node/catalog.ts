import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Catalog } from "../../ports.ts";

/** The catalog as the build left it: one file for the list, one for each template. */
export const builtCatalog = (folder: string): Catalog => ({
  index: () => readFile(join(folder, "index.json"), "utf8"),
  template: (id) => readFile(join(folder, `${id}.json`), "utf8").catch(() => undefined),
});
