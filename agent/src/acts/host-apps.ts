import type { ServiceState } from "@appos/shared/apps";
import { AppId, Name } from "@appos/shared/ids";
import { appFolder } from "../jobs/app-folder.ts";
import { keptReleases } from "../jobs/kept-releases.ts";
import { appIdIn, currentRelease } from "../jobs/releases.ts";
import type { Machine } from "../machine/machine.ts";

/** An app as its server knows it, with nobody else to ask. */
export interface HostApp {
  name: string;
  /** The control plane's; null where nothing here says it. */
  appId: string | null;
  release: number | null;
  /** Those that ran here and are kept, newest first. */
  releases: number[];
  /** Null where Docker does not answer. */
  services: ServiceState[] | null;
}

/** Every app that is deployed here or has containers here, by name. */
export async function hostApps(machine: Machine): Promise<HostApp[]> {
  const names = (await machine.files.list(`${machine.folder}/apps`)).filter((name) => Name.safeParse(name).success);
  const found = await Promise.all(names.toSorted().map((name) => hostApp(machine, name)));
  return found.filter((app) => app !== undefined);
}

/** Undefined where no such app is here. */
export async function hostApp(machine: Machine, name: string): Promise<HostApp | undefined> {
  if (!Name.safeParse(name).success) return undefined;
  const app = await appFolder(machine, name);
  const current = await currentRelease(machine, app);
  const containers = await machine.engine.containers({ project: app.project }).catch(() => null);
  if (!current && !containers?.length) return undefined;
  const mine = containers?.filter(({ oneOff }) => !oneOff);
  const appId = mine?.find((container) => container.appId)?.appId ?? (current && (await appIdIn(machine, app, current)));
  return {
    name,
    appId: AppId.safeParse(appId).data ?? null,
    release: current?.release ?? null,
    releases: await keptReleases(machine, app),
    services: mine?.map(({ status }) => status) ?? null,
  };
}
