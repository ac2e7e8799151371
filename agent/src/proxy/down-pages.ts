import { sumOf } from "./nginx-text.ts";
import type { Resolved, ResolvedSite } from "./resolved.ts";

// What visitors see of a site that is down, where somebody has written that. It is served as a file: no proxy reads anything in it.

export const DOWN_PAGES = "page-";

/** Another one for another text: what serves goes on with its own. Undefined where the proxy's own page will do. */
export const downPageFile = ({ downPage }: Pick<ResolvedSite, "downPage">): string | undefined =>
  downPage === undefined ? undefined : `${DOWN_PAGES}${sumOf(downPage)}.html`;

/** By their names in the folder that the proxy reads. */
export const downPageFiles = ({ sites }: Pick<Resolved, "sites">): Record<string, string> =>
  Object.fromEntries(sites.flatMap((site) => (site.downPage === undefined ? [] : [[downPageFile(site)!, site.downPage]])));
