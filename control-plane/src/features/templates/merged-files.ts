import type { ConfigFile } from "@appos/shared/config-files";
import type { TemplateUpdateView } from "@appos/shared/template-updates";

type Change = TemplateUpdateView["files"][number];

/** An app's files with those of a newer template: what was changed or added by hand stays, all else is the template's. */
export function mergedFiles(mine: ConfigFile[], given: ConfigFile[] | undefined, theirs: ConfigFile[]) {
  const [had, next] = [byPath(mine), byPath(theirs)];
  const before = byPath(given ?? []);
  const touched = (file: ConfigFile) => !same(file, before.get(file.path));
  const files = [
    ...mine.flatMap((file) => (touched(file) ? [file] : (next.get(file.path) ?? []))),
    ...theirs.filter(({ path }) => !had.has(path)),
  ];
  const told = (file: ConfigFile): Change[] => {
    const other = next.get(file.path);
    if (same(file, other) || (touched(file) && !other)) return [];
    return [{ path: file.path, change: touched(file) ? "kept" : other ? "changed" : "removed" }];
  };
  const added = theirs.filter(({ path }) => !had.has(path)).map(({ path }): Change => ({ path, change: "added" }));
  const changes = [...mine.flatMap(told), ...added];
  return { files, changes };
}

const byPath = (files: ConfigFile[]) => new Map(files.map((file) => [file.path, file]));
const same = (a: ConfigFile, b: ConfigFile | undefined) =>
  b !== undefined && a.content === b.content && a.encoding === b.encoding && a.executable === b.executable;
