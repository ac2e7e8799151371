import { type Danger, danger } from "@appos/shared/plan";
import type { Machine } from "../machine/machine.ts";
import { isBelow } from "../policy-mounts.ts";
import { looksLikeFile } from "./file-names.ts";
import { placedIn } from "./placed-files.ts";
import { type Mount, mountsOf, type Next, shownPath } from "./plan-model.ts";

/** Where programs keep what they write, by the custom of images. */
const DATA = /^\/(data|config|var\/lib\/.+|var\/www(\/.+)?|.+\/(data|storage|uploads))$/;

/** What is about folders and files of the server that services mount. Only what is suspicious is looked at on the disk. */
export async function mountedFiles(next: Next, machine: Machine): Promise<Danger[]> {
  const folders = mountsOf(next.model, next.app).filter(({ kind }) => kind === "folder");
  const found: Danger[] = [];
  for (const mount of folders) {
    const danger = (await becomesFolder(mount, next, machine)) ?? (await amongFiles(mount, next, machine));
    if (danger && !found.some(({ id }) => id === danger.id)) found.push(danger);
  }
  return found;
}

/** Whether nothing is there, and Docker would make a folder where a file is meant. */
export async function becomesFolder(
  mount: Mount,
  { app, files, running }: Next,
  machine: Machine,
  meantAsFile = looksLikeFile(mount.target),
): Promise<Danger | undefined> {
  const { service, name, shown, target, makes } = mount;
  if (!makes || !meantAsFile) return undefined;
  if (files.some(({ path }) => isAtOrBelow(`${app.directory}/${path}`, name))) return undefined;
  const seen = await machine.files.look(name);
  // A folder that is there and empty is what Docker made of it before; where the app runs with it, it is meant.
  if (seen && (!seen.folder || seen.names.length > 0)) return undefined;
  if (seen && mountsOf(running, app).some((was) => was.name === name && was.target === target)) return undefined;
  const now = seen ? "is an empty folder on the server" : "does not exist on the server";
  const then = seen ? "mount that folder" : "make a folder of that name";
  return danger("file-becomes-folder", {
    about: shown,
    service,
    message: `${service} mounts the file ${shown} at ${target}, but ${shown} ${now}. Docker would ${then}, and ${service} would find no file.`,
    remedy: isBelow(name, app.directory)
      ? `Add the file ${shown.slice(2)} to the app's files, or leave the mount out.`
      : "Put the file there on the server first, or leave the mount out.",
  });
}

/** Whether a service writes where each deployment writes the app's files again. */
async function amongFiles({ service, name, target, shown, readOnly }: Mount, next: Next, machine: Machine): Promise<Danger | undefined> {
  const { directory } = next.app;
  const inside = next.files.map(({ path }) => `${directory}/${path}`).filter((path) => isBelow(path, name));
  const [first] = inside;
  if (readOnly || first === undefined) return undefined;
  const [ours, seen] = [await placedIn(name, next, machine), await machine.files.look(name)];
  const written = (seen?.names ?? []).filter((each) => !ours.has(each));
  if (written.length === 0 && !DATA.test(target)) return undefined;
  const more = written.length > 1 ? ` and ${written.length - 1} more` : "";
  const what = written.length > 0 ? `It has written ${written[0]}${more} there.` : `Programs keep their data in ${target}.`;
  return danger("checkout-bind", {
    about: shown,
    service,
    // Nothing is lost yet: that somebody has written to one of them is found on its own.
    level: "warn",
    message: `${service} may write to the folder ${shown}, in which each deployment writes the app's files again, such as ${shownPath(first, next.app)}. ${what} What it changes in those files is lost at the next deployment.`,
    remedy: `Keep data and files apart: mount another folder or a volume at ${target}, and ${shownPath(first, next.app)} as a single file, read-only.`,
  });
}

const isAtOrBelow = (path: string, folder: string) => path === folder || isBelow(path, folder);
