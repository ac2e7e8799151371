import type { AppInventory } from "@appos/shared/agent-link";
import { AppId } from "@appos/shared/ids";
import type { Machine } from "./machine/machine.ts";

/** Every app that has containers here, with all of them. */
export async function inventory({ engine }: Machine): Promise<AppInventory[]> {
  const apps = new Map<string, AppInventory>();
  for (const { appId, oneOff, status } of await engine.containers("apps")) {
    if (oneOff || !AppId.safeParse(appId).success) continue;
    const app = apps.get(appId!) ?? { appId: appId!, services: [] };
    app.services.push(status);
    apps.set(app.appId, app);
  }
  return [...apps.values()];
}

/** One app with all of its containers, which may be none. */
export async function inventoryOf({ engine }: Machine, appId: string): Promise<AppInventory[]> {
  if (!AppId.safeParse(appId).success) return [];
  const containers = await engine.containers({ appId });
  return [{ appId, services: containers.filter(({ oneOff }) => !oneOff).map(({ status }) => status) }];
}
