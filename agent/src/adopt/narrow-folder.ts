import { cleanPath } from "../policy-mounts.ts";

/** In these, and below them, nothing belongs to one project alone: who may write there may become root. */
const systems = "bin boot dev etc lib lib32 lib64 proc run sbin sys tmp usr".split(" ");
const systemsOfVar = "backups cache lib local lock log mail run spool tmp".split(" ").map((name) => `var/${name}`);

/** Whether a folder can be one project's own: not the server's root or a part of its system, no folder of a user's, and nothing of AppOS's. */
export function isNarrow(directory: string, agentFolder: string): boolean {
  if (cleanPath(directory) !== directory) return false;
  const parts = directory.split("/").filter((part) => part !== "");
  const isHome = (parts[0] === "home" && parts.length === 2) || (isAt(directory, "/var/home") && parts.length < 4);
  // Keys, settings of shells and what starts with a session are in folders of such names.
  const isHidden = parts.some((part) => part.startsWith("."));
  const inSystem = [...systems, ...systemsOfVar].some((system) => isAt(directory, `/${system}`));
  return parts.length > 1 && !isHome && !isHidden && !inSystem && !isAt(agentFolder, directory) && !isAt(directory, agentFolder);
}

const isAt = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
