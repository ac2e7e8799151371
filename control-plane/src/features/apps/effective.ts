import type { JobInput } from "@appos/shared/jobs";
import type { EnvEntry, EnvSetting } from "@appos/shared/env";
import { AppError } from "../../errors.ts";
import type { Config, ConfigService } from "../configs/service.ts";
import type { SharedEnvService } from "../env/service.ts";
import type { AppRow } from "./schema.ts";

/** What a server is told of a configuration: all variables with their values. */
export type Effective = Pick<JobInput<"deploy-app">, "compose" | "env" | "files" | "joins">;

/** Whose configuration it is: what it shares variables with. */
export type Owner = Pick<AppRow, "projectId" | "serverId">;

/** A reference to a reference to a reference is followed so far. */
const DEPTH = 5;

/** Puts together what a release is made of. The app's own variables win over those of its project, and those over its server's. */
export function effectiveConfig(find: (id: string) => Promise<AppRow | undefined>, configs: ConfigService, sharedEnv: SharedEnvService) {
  type Found = { entry: EnvEntry; joins: Effective["joins"] };

  async function settings(owner: Owner, own: readonly EnvSetting[]): Promise<Map<string, EnvSetting>> {
    const shared = await sharedEnv.of(owner.projectId, owner.serverId);
    return new Map([...shared.server, ...shared.project, ...own].map((setting) => [setting.key, setting]));
  }

  async function resolved({ key, value, secret, from }: EnvSetting, depth: number): Promise<Found> {
    if (!from) return { entry: { key, value, secret }, joins: [] };
    const source = await find(from.app);
    if (!source) throw missing(`${key} comes from an app that is gone. Give it a value, or name another app.`);
    if ("service" in from) {
      const container = source.services.find(({ service }) => service === from.service)?.container;
      if (container === undefined)
        throw missing(
          `${key} is the address of the service ${from.service} of ${source.name}, which is not there. Deploy ${source.name} first.`,
        );
      return { entry: { key, value: container, secret }, joins: [{ name: source.name, service: from.service }] };
    }
    if (depth === DEPTH) throw missing(`${key} comes from ${source.name}, which refers on and on. Name the app that has the value.`);
    const { env } = await configs.content(source.id, source.liveVersion ?? source.version);
    const there = (await settings(source, env)).get(from.key);
    if (!there) throw missing(`${key} comes from ${source.name}, which has no variable ${from.key}.`);
    const { entry, joins } = await resolved(there, depth + 1);
    return { entry: { key, value: entry.value, secret: secret || entry.secret }, joins };
  }

  return async function effective(owner: Owner, { compose, env, files }: Config): Promise<Effective> {
    const all = await settings(owner, env);
    const found = await Promise.all([...all.values()].map((setting) => resolved(setting, 0)));
    const joins = new Map(found.flatMap((each) => each.joins).map((join) => [`${join.name}/${join.service}`, join]));
    return { compose, files, env: found.map(({ entry }) => entry), joins: [...joins.values()] };
  };
}

const missing = (message: string) => new AppError("CONFLICT", message);
