import * as z from "zod";
import type { Container, Machine } from "../machine/machine.ts";
import { proxyShared } from "./proxy-folder.ts";
import { jsonOf } from "../json.ts";

/**
 * A service that a domain leads to has two slots for its containers, which are names that the proxy knows: those of slot `b` serve while a
 * file named after the service is in the folder `live`, those of slot `a` otherwise. To go from one to the other is to make that file, or to
 * remove it: nothing has to be reloaded, and at each moment, also after a kill, it says who serves. A proxy that does not look there by itself
 * is told, see choices.ts.
 */
export type Slot = "a" | "b";
export interface Slotted {
  project: string;
  service: string;
}

export const slotName = ({ project, service }: Slotted, slot: Slot, index: number) =>
  `${project}-${service}-${index}${slot === "b" ? "-b" : ""}`;
export const slotNames = (of: Slotted, slot: Slot, count: number) => Array.from({ length: count }, (_, i) => slotName(of, slot, i + 1));
/** No project's name has a dot. */
export const slotFile = ({ project, service }: Slotted) => `${project}.${service}`;
export const otherSlot = (slot: Slot): Slot => (slot === "a" ? "b" : "a");

type Place = Pick<Machine, "folder" | "files">;
const liveFolder = (machine: Pick<Machine, "folder">) => `${proxyShared(machine)}/live`;
const changesFolder = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/changes`;

/** What stands in the folder. */
export const liveNames = ({ folder, files }: Place) => files.list(liveFolder({ folder }));

/** Who serves. */
export async function liveSlot(of: Slotted, { folder, files }: Place): Promise<Slot> {
  return (await liveNames({ folder, files })).includes(slotFile(of)) ? "b" : "a";
}

/** From here on this one serves. */
export async function goTo(slot: Slot, of: Slotted, { folder, files }: Place): Promise<void> {
  const path = `${liveFolder({ folder })}/${slotFile(of)}`;
  if (slot === "b") await files.share({ [path]: "" });
  else await files.remove(path);
}

/** A service is going over to other containers: those that it had serve until its slot is `to`. */
const Change = z.object({ old: z.array(z.string()), to: z.enum(["a", "b"]) });
export type Change = z.output<typeof Change>;

const changePath = (of: Slotted, machine: Pick<Machine, "folder">) => `${changesFolder(machine)}/${slotFile(of)}`;
export const noteChange = (change: Change, of: Slotted, machine: Place) =>
  machine.files.write({ [changePath(of, machine)]: JSON.stringify(change) });
export const endChange = (of: Slotted, machine: Place) => machine.files.remove(changePath(of, machine));

/** Undefined where it is not going over to any others. */
export async function changeOf(of: Slotted, machine: Place): Promise<Change | undefined> {
  const text = await machine.files.read(changePath(of, machine));
  return text === undefined ? undefined : Change.safeParse(jsonOf(text)).data;
}

/** The services of a project that were going over when that was cut off. */
export async function changing(project: string, machine: Place): Promise<Slotted[]> {
  const names = await machine.files.list(changesFolder(machine));
  return names.filter((name) => name.startsWith(`${project}.`)).map((name) => ({ project, service: name.slice(project.length + 1) }));
}

/** Of services that no domain leads to any more nothing is kept. */
export async function forgetSlots(led: readonly Slotted[], machine: Place): Promise<void> {
  const kept = new Set(led.map(slotFile));
  for (const folder of [liveFolder(machine), changesFolder(machine)])
    for (const name of await machine.files.list(folder)) if (!kept.has(name)) await machine.files.remove(`${folder}/${name}`);
}

/** Gives containers the names of the slot that serves, where they have names that Compose gave them. Who goes over meanwhile is left alone. */
export async function takeSlot(of: Slotted, containers: readonly Container[], machine: Place & Pick<Machine, "engine">): Promise<void> {
  if (await changeOf(of, machine)) return;
  const wanted = slotNames(of, await liveSlot(of, machine), containers.length);
  const names = containers.map(({ status }) => status.container);
  const before = `${of.project}-${of.service}-`;
  if (!names.every((name) => name.startsWith(before) && /^\d+(-b)?$/.test(name.slice(before.length)))) return;
  const free = wanted.filter((name) => !names.includes(name));
  for (const { id, status } of containers) if (!wanted.includes(status.container)) await machine.engine.rename(id, free.shift()!);
}
