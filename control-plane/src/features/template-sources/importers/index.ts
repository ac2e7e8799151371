import { caprover } from "./caprover.ts";
import { casaos } from "./casaos.ts";
import { coolify } from "./coolify.ts";
import { dokploy } from "./dokploy.ts";
import type { Importer } from "./importer.ts";
import { onePanel } from "./one-panel.ts";
import { portainer } from "./portainer.ts";
import { runtipi } from "./runtipi.ts";
import { umbrel } from "./umbrel.ts";
import { websoft9 } from "./websoft9.ts";
import type { SourceFormat } from "@appos/shared/template-sources";

/** The format is the name under which it is stored. One without an importer does not compile. */
export const importers: Record<SourceFormat, Importer> = {
  portainer,
  coolify,
  dokploy,
  websoft9,
  runtipi,
  caprover,
  casaos,
  umbrel,
  "1panel": onePanel,
};

/** The format of which a source shows the most; undefined where it shows none. */
export function formatOf(paths: Iterable<string>): SourceFormat | undefined {
  const marks = new Map<SourceFormat, number>();
  for (const path of paths)
    for (const [format, { marks: shows }] of Object.entries(importers) as [SourceFormat, Importer][])
      if (shows(path)) marks.set(format, (marks.get(format) ?? 0) + 1);
  return [...marks].sort(([, a], [, b]) => b - a)[0]?.[0];
}
