import { type EnvSetting, EnvSettings, type SaveEnv, type SharedEnvView, type SharedScope } from "@appos/shared/env";
import { AppError } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { Secrets } from "../../secrets.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import { revealed, settingsToStore, settingsView } from "./settings.ts";
import { sharedEnvStore } from "./store.ts";

export { revealed, settingsToStore, settingsView } from "./settings.ts";
export type SharedEnvService = ReturnType<typeof sharedEnvService>;

/** A project or a server, whose apps share variables. */
export interface SharedEnvOwner {
  scope: SharedScope;
  id: string;
  name: string;
}

export function sharedEnvService({ database, clock, events }: Ports, secrets: Secrets, activity: ActivityService) {
  const store = sharedEnvStore(database);
  const about = (scope: SharedScope, id: string, number: number) => `shared env ${scope} ${id} ${number}`;
  type Row = NonNullable<Awaited<ReturnType<typeof store.find>>>;
  const opened = async ({ scope, scopeId, number, env }: Row): Promise<EnvSetting[]> =>
    EnvSettings.parse(JSON.parse(await secrets.open(env, about(scope, scopeId, number))));

  async function view({ scope, id }: SharedEnvOwner): Promise<SharedEnvView> {
    const row = await store.find(scope, id);
    if (!row) return { number: 0, env: [], changedAt: null, by: null };
    return { number: row.number, env: settingsView(await opened(row)), changedAt: row.changedAt, by: row.by };
  }

  return {
    view,

    /** Both scopes of an app, with their values. */
    async of(projectId: string | null, serverId: string): Promise<Record<SharedScope, EnvSetting[]>> {
      const rows = await store.findBoth(projectId, serverId);
      const settings = async (scope: SharedScope) => {
        const row = rows.find((each) => each.scope === scope);
        return row ? opened(row) : [];
      };
      return { project: await settings("project"), server: await settings("server") };
    },

    /** When the variables of these projects and servers were changed last. */
    changes: async (ids: string[]) => new Map((await store.changes(ids)).map(({ scopeId, changedAt }) => [scopeId, changedAt])),

    /** The values of secrets; who asked is written down before anything is told. */
    async reveal({ scope, id, name }: SharedEnvOwner, keys: string[] | undefined, actor: Actor) {
      const row = await store.find(scope, id);
      const told = revealed(row ? await opened(row) : [], keys);
      await activity.write({ actor, action: "reveal-env", subject: name, ...(scope === "server" && { serverId: id }) }, []);
      return told;
    },

    async save(owner: SharedEnvOwner, { env: saved, clear, basedOn }: SaveEnv, actor: Actor): Promise<SharedEnvView> {
      const { scope, id, name } = owner;
      const row = await store.find(scope, id);
      const number = (row?.number ?? 0) + 1;
      if (basedOn !== undefined && basedOn !== number - 1) throw staleEdit(name);
      if (saved.some(({ from }) => from))
        throw new AppError("INVALID_REQUEST", "Shared variables hold values. Only an app's own variables refer to another app.");
      const env = settingsToStore({ saved, stored: row ? await opened(row) : [], clear });
      const sealed = await secrets.seal(JSON.stringify(env), about(scope, id, number));
      const act = { actor, action: `save-${scope}-env`, subject: name, ...(scope === "server" && { serverId: id }) };
      try {
        await activity.write(act, store.write({ scope, scopeId: id, number, env: sealed, by: actor.name, changedAt: clock.now() }));
      } catch (error) {
        if (((await store.find(scope, id))?.number ?? 0) >= number) throw staleEdit(name);
        throw error;
      }
      events.publish({ type: scope === "server" ? "server.changed" : "project.changed", id });
      return view(owner);
    },
  };
}

const staleEdit = (name: string) =>
  new AppError("CONFLICT", `Somebody else has changed the variables of ${name} meanwhile. Look at them, then save again.`);
