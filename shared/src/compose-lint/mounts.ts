import { type Danger, danger } from "../plan.ts";
import {
  cleanPath,
  type LintOptions,
  list,
  map,
  type Mount,
  mountsOf,
  type Part,
  type Service,
  type ServiceRule,
  text,
  withDefaults,
} from "./model.ts";
import { socketDanger } from "./rights.ts";

const SOCKETS = ["/var/run/docker.sock", "/run/docker.sock"];
/** Folders in which the socket lies. */
const AROUND_SOCKETS = ["/", "/var", "/run", "/var/run"];
/** Small, and the same for everyone. */
const HARMLESS = ["/etc/localtime", "/etc/timezone"];

/** What a service sees of its server, and where its data lies. */
export const mounts: ServiceRule = (service, model, options) =>
  mountsOf(service).flatMap((mount) => {
    if (mount.type === "volume" && mount.source === undefined) return [anonymous(service, mount)];
    const path = mount.type === "bind" ? (mount.source ?? "") : deviceOf(mount, model);
    return path === undefined ? [] : hostPath(service, path, mount, options);
  });

function hostPath({ name }: Service, source: string, { readOnly }: Mount, { folder }: LintOptions): Danger[] {
  if (!source.startsWith("/") && !source.startsWith("~") && !leavesFolder(source)) return [];
  const path = source.startsWith("/") ? cleanPath(source) : source;
  if (SOCKETS.includes(path) || path.endsWith("/docker.sock")) return [socketDanger(name, `through the mount of ${source}`)];
  if (folder !== undefined && path.startsWith(`${folder}/`)) return [];
  if (readOnly && HARMLESS.includes(path)) return [];
  const socket = AROUND_SOCKETS.includes(path) ? [socketDanger(name, `through the mount of ${source}, in which it lies`)] : [];
  return [...socket, outside(name, source, readOnly)];
}

const outside = (service: string, source: string, readOnly: boolean): Danger =>
  danger("host-path", {
    service,
    about: source,
    message: `${service} ${readOnly ? "reads" : "reads and writes"} ${source} of the server, outside the app's own folder. Other apps may use it too, and it does not move or go with this app.`,
    remedy: "Use a named volume or a path that begins with ./, unless it is meant to share this folder.",
  });

const anonymous = ({ name }: Service, { target }: Mount): Danger =>
  danger("anonymous-volume", {
    service: name,
    about: target,
    message: `What ${name} keeps in ${target} lies in a volume without a name. When its container is removed, nothing leads back to that data.`,
    remedy: `Give the volume a name: write data:${target} in the place of ${target}, and name data under volumes at the end of the file.`,
  });

/** A path such as ../media, which a resolved model does not have. */
function leavesFolder(source: string): boolean {
  let depth = 0;
  for (const part of source.split("/")) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** Where a named volume is but another word for a folder of the server. */
function deviceOf({ type, source }: Mount, model: Part): string | undefined {
  if (type !== "volume" || source === undefined) return undefined;
  const { driver_opts: given } = map(map(model.volumes)[source]);
  const options = map(given);
  const binds = list(options.o).some((each) =>
    text(each)
      .split(",")
      .some((word) => word === "bind" || word === "rbind"),
  );
  return binds ? withDefaults(text(options.device)) : undefined;
}
