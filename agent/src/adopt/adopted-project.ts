import { AppId } from "@appos/shared/ids";
import { z } from "zod";
import { JobFailure } from "../jobs/job-failure.ts";
import type { Machine } from "../machine/machine.ts";
import { cleanPath } from "../policy-mounts.ts";

/** A compose project that ran on this server before it became an app: it keeps its name, and the folder its paths start from. */
export const AdoptedProject = z.object({
  appId: AppId,
  project: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  directory: z.string().refine((path) => cleanPath(path) === path),
});
export type AdoptedProject = z.output<typeof AdoptedProject>;

/** Undefined for an app that AppOS made. Throws where that was written down, and cannot be read. */
export async function adoptedProject({ files }: Pick<Machine, "files">, path: string): Promise<AdoptedProject | undefined> {
  const text = await files.read(path);
  if (text === undefined) return undefined;
  const { data } = AdoptedProject.safeParse(parsed(text));
  if (!data) throw new JobFailure("INVALID_JOB", `${path} does not say which project this app was. Remove that file, then deploy the app.`);
  return data;
}

/** Every adopted project of this server, by the name of its app. One that cannot be read is its own app's trouble only. */
export async function adoptedProjects({ folder, files }: Pick<Machine, "folder" | "files">): Promise<Map<string, AdoptedProject>> {
  const names = await files.list(`${folder}/apps`);
  const found = await Promise.all(
    names.map(async (name) => AdoptedProject.safeParse(parsed(await files.read(`${folder}/apps/${name}/adopted.json`))).data),
  );
  return new Map(names.flatMap((name, i) => (found[i] ? [[name, found[i]]] : [])));
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
