import { RESERVED_NAMES } from "@appos/shared/config-files";
import { FILE, type Fault, type Part, type PolicyContext, map, text } from "./policy-model.ts";

const SOCKETS = ["/var/run/docker.sock", "/run/docker.sock", "/var/run/docker", "/run/docker", "/run/containerd", "/var/run/containerd"];
/** Small, and the same for everyone. */
const HARMLESS = ["/etc/localtime", "/etc/timezone"];

/** What is wrong with the mounts of a service. */
export function checkMounts(mounts: Part[], context: PolicyContext): Fault[] {
  return mounts.flatMap((mount): Fault[] => {
    const type = text(mount.type);
    if (type === "volume" || type === "tmpfs") return [];
    if (type !== "bind") return [["host-mount", `mounts something of the type ${type}. Use a bind mount, a volume or tmpfs`]];
    const propagation = text(map(mount.bind).propagation);
    if (!["", "rprivate", "private"].includes(propagation))
      return [["host-mount", `mounts with the propagation ${propagation}. Leave it out`]];
    return pathFaults(text(mount.source), mount.read_only === true, context);
  });
}

/** What is wrong with a file of the server that an app is to be given as a secret or a config: it is a mount like any other. */
export function fileFaults(source: string, context: PolicyContext): Fault[] {
  return pathFaults(source, true, context, { allowed: context.policy.files.roots, where: "files.roots" });
}

/** What is wrong with a path of the server that a container is to see. */
function pathFaults(
  source: string,
  readOnly: boolean,
  { policy, folder, adopted = false }: PolicyContext,
  besides: { allowed: string[]; where: string } = { allowed: [], where: "compose.hostMounts" },
): Fault[] {
  const path = cleanPath(source);
  if (path.split("/").includes("~"))
    return [["host-mount", `mounts ${source}, but an app has no home folder. Use a path that begins with ./`]];
  if (SOCKETS.includes(path) || path.endsWith("/docker.sock")) {
    return policy.compose.dockerSocket
      ? []
      : [["docker-socket", `mounts Docker's socket, which is as good as root. Leave it out, or set compose.dockerSocket: true in ${FILE}`]];
  }
  if (adopted && (path === folder || isBelow(path, folder))) return [];
  if (isBelow(path, folder)) return reservedFaults(source, path.slice(folder.length + 1));
  if (path === folder)
    return [["host-mount", "mounts the app's whole folder, in which AppOS keeps its releases. Use a folder in it, such as ./data"]];
  if (readOnly && HARMLESS.includes(path)) return [];
  const allowed = [...policy.compose.hostMounts, ...besides.allowed].map(cleanPath);
  if (allowed.some((top) => path === top || isBelow(path, top))) return [];
  return [
    [
      "host-mount",
      `mounts ${source} of the server. Use a path that begins with ./, or a volume, or add the folder to ${besides.where} in ${FILE}`,
    ],
  ];
}

function reservedFaults(source: string, inside: string): Fault[] {
  const first = inside.split("/")[0]!;
  return RESERVED_NAMES.includes(first)
    ? [["host-mount", `mounts ${source}, which AppOS keeps for itself. Use another name, such as ./data`]]
    : [];
}

/** Without `.`, `..` and doubled slashes. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
export const isBelow = (path: string, folder: string) => path.startsWith(folder === "/" ? "/" : `${folder}/`) && path !== folder;
