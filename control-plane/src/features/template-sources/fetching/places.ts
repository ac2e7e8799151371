import type { GitSources } from "../../../ports.ts";

/** What kind of place an address is, before anybody has asked it. */
export type Place = { kind: "git"; url: URL; branch: string | undefined } | { kind: "web"; url: URL };

const forges = /^(github\.com|gitlab\.com|codeberg\.org|gitea\.com|bitbucket\.org)$/;

/** A git repository ends in .git, names a branch, or is a page of a repository where such pages are known; all else is fetched. */
export function placeOf(address: URL): Place {
  const url = new URL(address);
  const branch = /^#([A-Za-z0-9_][A-Za-z0-9._/-]{0,200})$/.exec(url.hash)?.[1];
  url.hash = "";
  const path = url.pathname.replace(/\/+$/, "");
  const isPage = forges.test(url.hostname) && path.split("/").length === 3;
  if (!path.endsWith(".git") && !isPage && branch === undefined) return { kind: "web", url };
  url.pathname = path.endsWith(".git") ? path : `${path}.git`;
  return { kind: "git", url, branch };
}

/** Where git cannot be run: the archive of the same repository. */
export function archiveOf({ hostname, pathname }: URL, branch = "HEAD"): string | undefined {
  const path = pathname.replace(/\.git$/, "");
  if (hostname === "github.com") return `https://github.com${path}/archive/${branch}.tar.gz`;
  if (hostname === "gitlab.com") return `https://gitlab.com${path}/-/archive/${branch}/${branch}.tar.gz`;
  return hostname === "codeberg.org" || hostname === "gitea.com" ? `https://${hostname}${path}/archive/${branch}.tar.gz` : undefined;
}

/** One file of a repository as its forge gives it, for where git cannot be run. */
export function rawFile({ hostname, pathname }: URL, file: string): string | undefined {
  const path = pathname.replace(/\.git$/, "").replace(/\/+$/, "");
  if (hostname === "github.com") return `https://raw.githubusercontent.com${path}/HEAD/${file}`;
  return hostname === "gitlab.com" ? `https://gitlab.com${path}/-/raw/HEAD/${file}` : undefined;
}

export const noGit = (url: URL, branch: string | undefined, git: GitSources | undefined): string | undefined => {
  if (git) return undefined;
  const other = archiveOf(url, branch);
  return `Where this control plane runs no git repository can be read. Give the address of an archive of it${other ? `: ${other}` : ", a .tar.gz or a .zip"}.`;
};
