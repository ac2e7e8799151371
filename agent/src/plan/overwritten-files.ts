import { type ConfigFile, ConfigFiles } from "@appos/shared/config-files";
import { type Danger, danger } from "@appos/shared/plan";
import { bytesOf } from "../jobs/config-files.ts";
import type { Machine } from "../machine/machine.ts";
import { isBelow } from "../policy-mounts.ts";
import { mountsOf, type Next } from "./plan-model.ts";

/** Files of the app that somebody has written to on the server since a deployment put them there: the next one would write over that. */
export async function overwrittenFiles(next: Next, machine: Machine): Promise<Danger[]> {
  const { app, files, before } = next;
  if (files.length === 0 || !isBelow(app.directory, machine.folder)) return [];
  const kept = before && (await machine.files.read(before.files));
  const former = kept ? (ConfigFiles.safeParse(JSON.parse(kept)).data ?? []) : [];
  const dangers: Danger[] = [];
  for (const file of files) {
    const there = await machine.files.read(`${app.directory}/${file.path}`).catch(() => undefined);
    if (there === undefined || there === textOf(file)) continue;
    const was = former.find(({ path }) => path === file.path);
    // What this deployment does not change stays as it is there.
    if (was && (textOf(was) === there || textOf(was) === textOf(file))) continue;
    dangers.push(overwritten(file, was !== undefined, next));
  }
  return dangers;
}

const textOf = (file: ConfigFile) => new TextDecoder().decode(bytesOf(file));

function overwritten({ path }: ConfigFile, isOurs: boolean, { model, app }: Next): Danger {
  const at = `${app.directory}/${path}`;
  const writer = mountsOf(model, app).find(
    ({ kind, name, readOnly }) => kind === "folder" && !readOnly && (name === at || isBelow(at, name)),
  );
  const how = isOurs ? "was changed there since a deployment put it there" : "is there already, and no deployment put it there";
  return danger("checkout-bind", {
    about: `./${path}`,
    service: writer?.service,
    message: `The file ./${path} on the server ${how}${writer ? `, perhaps by ${writer.service}, which may write to it` : ""}. This deployment would write over it.`,
    remedy: `Take over into the app's files what is worth keeping of ${at}${writer ? `; and mount it read-only, or let ${writer.service} keep its own settings in a volume` : ""}.`,
  });
}
