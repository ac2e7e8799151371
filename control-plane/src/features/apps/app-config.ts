import type { ConfigVersion, SaveConfig } from "@appos/shared/configs";
import { parseDotenv, printDotenv } from "@appos/shared/dotenv";
import type { EnvSetting, EnvView, ImportEnv, SavedSettings, SaveEnv } from "@appos/shared/env";
import { looksSecret } from "@appos/shared/secret-names";
import { AppError } from "../../errors.ts";
import type { Ports, Statement } from "../../ports.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { Config, ConfigService } from "../configs/service.ts";
import { revealed, type SharedEnvService, settingsToStore, settingsView } from "../env/service.ts";
import type { AppRow } from "./schema.ts";

interface Store {
  find(id: string): Promise<AppRow | undefined>;
  setVersion(id: string, version: number, refersTo: string[]): Statement;
  setTemplate(id: string, version: number, template: { version: string; whole: boolean }): Statement;
  findMany(ids: string[]): Promise<{ id: string; name: string }[]>;
}

interface Around {
  store: Store;
  find(idOrName: string): Promise<AppRow>;
  changed(id: string): void;
  configs: ConfigService;
  sharedEnv: SharedEnvService;
  projectName(id: string): Promise<string>;
  serverName(id: string): Promise<string>;
  activity: ActivityService;
}

type Save = Omit<SaveConfig, "clear"> & { clear?: boolean; template?: { version: string; whole: boolean } };

/** What an app is configured by: every save is the next version. */
export function appConfig(_: Ports, { store, find, changed, configs, sharedEnv, projectName, serverName, activity }: Around) {
  /** Other apps are named by id, whatever they were called by; each has what is asked of it. */
  async function withSources(app: { id: string | null; serverId: string }, settings: EnvSetting[]): Promise<EnvSetting[]> {
    return Promise.all(
      settings.map(async (setting) => {
        if (!setting.from) return setting;
        const source = await find(setting.from.app).catch(() => undefined);
        const problem = !source
          ? `${setting.key} refers to the app ${setting.from.app}, which there is not.`
          : source.id === app.id
            ? `${setting.key} refers to its own app. Give it a value.`
            : "service" in setting.from && source.serverId !== app.serverId
              ? `${setting.key} asks for the address of a service of ${source.name}, which runs on another server.`
              : undefined;
        if (problem) throw new AppError("INVALID_REQUEST", problem, [{ path: "env", message: problem }]);
        return { ...setting, from: { ...setting.from, app: source!.id } };
      }),
    );
  }

  /** Writes the next version, unless somebody else was quicker. */
  async function save(app: AppRow, asked: Save, action: string, actor: Actor): Promise<number> {
    if (asked.basedOn !== undefined && asked.basedOn !== app.version) throw staleEdit(app.version);
    const before = await configs.content(app.id, app.version);
    const env = asked.env
      ? await withSources(app, settingsToStore({ saved: asked.env, stored: before.env, clear: asked.clear ?? false }))
      : before.env;
    const next: Config = { compose: asked.compose ?? before.compose, files: asked.files ?? before.files, env };
    configs.check(next);
    const number = app.version + 1;
    const act = { actor, action, subject: app.name, appId: app.id, serverId: app.serverId };
    const version = await configs.statements({ ...next, appId: app.id, number, message: asked.message, by: actor.name });
    try {
      await activity.write(act, [
        ...version,
        store.setVersion(app.id, number, referencesOf(env)),
        ...(asked.template ? [store.setTemplate(app.id, number, asked.template)] : []),
      ]);
    } catch (error) {
      const newest = (await find(app.id)).version;
      if (newest >= number) throw staleEdit(newest);
      throw error;
    }
    changed(app.id);
    return number;
  }

  async function env(idOrName: string): Promise<EnvView> {
    const app = await find(idOrName);
    const { env: own } = await configs.content(app.id, app.version);
    const sources = await namesOf(own.flatMap(({ from }) => from?.app ?? []));
    const shared = await sharedEnv.of(app.projectId, app.serverId);
    const names = {
      project: app.projectId === null ? "" : await projectName(app.projectId),
      server: await serverName(app.serverId),
    };
    const winning = { project: new Set(own.map(({ key }) => key)), server: new Set([...own, ...shared.project].map(({ key }) => key)) };
    const shown = (["project", "server"] as const).flatMap((scope) =>
      settingsView(shared[scope]).map(({ key, value, secret }) => ({
        key,
        value,
        secret,
        scope,
        scopeName: names[scope],
        overridden: winning[scope].has(key),
      })),
    );
    return { version: app.version, env: settingsView(own, (id) => sources.get(id) ?? null), shared: shown };
  }

  const namesOf = async (ids: string[]) => new Map((await store.findMany([...new Set(ids)])).map(({ id, name }) => [id, name]));
  const version = async (app: AppRow, number: number): Promise<ConfigVersion> => configs.get(app.id, number);

  return {
    env,
    withSources,

    async saveConfig(idOrName: string, asked: Save, actor: Actor, action = "save-config"): Promise<ConfigVersion> {
      const app = await find(idOrName);
      return version(app, await save(app, asked, action, actor));
    },

    async saveEnv(idOrName: string, { message, ...asked }: SaveEnv, actor: Actor): Promise<EnvView> {
      const app = await find(idOrName);
      const { basedOn, ...rest } = asked;
      const said = message === "" ? "Variables changed" : message;
      await save(app, { ...rest, message: said, ...(basedOn !== undefined && { basedOn }) }, "save-env", actor);
      return env(app.id);
    },

    /** Takes over the variables of a `.env` file. Nothing is taken of one that has a mistake. */
    async importEnv(idOrName: string, { text, mode, secrets, clear }: ImportEnv, actor: Actor) {
      const app = await find(idOrName);
      const { entries, problems, notes } = parseDotenv(text);
      if (problems.length > 0) {
        const [first] = problems;
        const details = problems.map(({ line, message }) => ({ path: `text:${line}`, message }));
        throw new AppError("INVALID_REQUEST", `Line ${first!.line}: ${first!.message}`, details);
      }
      const { env: stored } = await configs.content(app.id, app.version);
      const known = new Map(stored.map((setting) => [setting.key, setting]));
      const isSecret = (key: string) => known.get(key)?.secret === true || (secrets ? secrets.includes(key) : looksSecret(key));
      const imported: SavedSettings = entries.map(({ key, value }) => ({ key, value, secret: isSecret(key) }));
      const named = new Set(imported.map(({ key }) => key));
      const kept = mode === "replace" ? [] : stored.filter(({ key }) => !named.has(key));
      await save(app, { env: [...kept, ...imported], clear, message: "Variables imported" }, "save-env", actor);
      return { imported: imported.length, notes, ...(await env(app.id)) };
    },

    /** As a `.env` file; secrets only where the caller has shown who it is once more. */
    async exportEnv(idOrName: string, withSecrets: boolean, actor: Actor): Promise<string> {
      const app = await find(idOrName);
      const { env: settings } = await configs.content(app.id, app.version);
      const lines = settings.map(({ key, value, secret, from }) => {
        if (from) return `# ${key} comes from another app.\n`;
        return secret && !withSecrets ? `# ${key} is a secret.\n${key}=\n` : printDotenv([{ key, value }]);
      });
      if (withSecrets) await activity.write({ actor, action: "reveal-env", subject: app.name, appId: app.id, serverId: app.serverId }, []);
      return lines.join("");
    },

    /** The values of secrets; who asked is written down before anything is told. */
    async revealEnv(idOrName: string, keys: string[] | undefined, actor: Actor) {
      const app = await find(idOrName);
      const { env: settings } = await configs.content(app.id, app.version);
      await activity.write({ actor, action: "reveal-env", subject: app.name, appId: app.id, serverId: app.serverId }, []);
      return { env: revealed(settings, keys) };
    },

    async compare(idOrName: string, from: number, to: number) {
      const { id } = await find(idOrName);
      return configs.compare(id, from, to, namesOf);
    },
    async files(idOrName: string, number?: number) {
      const app = await find(idOrName);
      const { files } = await configs.content(app.id, number ?? app.version);
      return { version: number ?? app.version, files };
    },
  };
}

/** The ids of the apps that variables refer to. */
export const referencesOf = (env: readonly EnvSetting[]) => [...new Set(env.flatMap(({ from }) => from?.app ?? []))];

const staleEdit = (version: number) =>
  new AppError("CONFLICT", `Somebody else has saved version ${version} meanwhile. Look at it, then save again.`, { version });
