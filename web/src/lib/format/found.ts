import type { Run } from "./ansi.ts";

export interface FoundRun extends Run {
  /** It is what was searched for. */
  found?: true;
}

/** The runs of a line, with what is searched for in runs of its own. In upper or lower case, unless `exact` is said. */
export function markFound(runs: readonly Run[], wanted: string, exact = false): FoundRun[] {
  const needle = exact ? wanted : wanted.toLowerCase();
  if (needle === "") return [...runs];
  return runs.flatMap((run): FoundRun[] => {
    const hay = exact ? run.text : run.text.toLowerCase();
    // Some letters are longer in lower case: then nothing can be pointed at.
    if (hay.length !== run.text.length) return [run];
    const parts: FoundRun[] = [];
    let from = 0;
    for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, from)) {
      if (at > from) parts.push({ ...run, text: run.text.slice(from, at) });
      parts.push({ ...run, text: run.text.slice(at, at + needle.length), found: true });
      from = at + needle.length;
    }
    if (from < run.text.length || parts.length === 0) parts.push({ ...run, text: run.text.slice(from) });
    return parts;
  });
}
