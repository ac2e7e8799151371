import { FRAME_BYTES } from "@appos/shared/agent-link";
import { Env, type EnvEntry } from "@appos/shared/apps";
import { composeProblem } from "@appos/shared/compose-file";
import type { ConfigVersion } from "@appos/shared/configs";
import type { PageQuery } from "@appos/shared/envelope";
import { utf8 } from "../../bytes.ts";
import { AppError, notFound } from "../../errors.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { Secrets } from "../../secrets.ts";
import { configStore } from "./store.ts";

export type ConfigService = ReturnType<typeof configService>;

/** Both travel in one frame, with room for what is around them. */
const OFFER_BYTES = FRAME_BYTES - 8 * 1024;

/** A version about to be written. */
export interface NewVersion {
  appId: string;
  number: number;
  compose: string;
  env: EnvEntry[];
  message: string;
  by: string | null;
}

export function configService({ database, clock }: Ports, secrets: Secrets) {
  const store = configStore(database);
  const about = (appId: string, number: number) => `config ${appId} ${number}`;
  const find = async (appId: string, number: number) => (await store.find(appId, number)) ?? notFound("config version");

  return {
    /** Refuses what no server could deploy, and says where it is wrong. */
    check({ compose, env }: Pick<NewVersion, "compose" | "env">) {
      const problem = composeProblem(compose);
      if (problem) throw new AppError("INVALID_COMPOSE", problem.message, problem);
      const bytes = utf8(JSON.stringify({ compose, env })).length;
      if (bytes > OFFER_BYTES) {
        throw new AppError(
          "INVALID_REQUEST",
          `Compose file and variables have ${bytes} bytes together, as they are sent to the server; at most ${OFFER_BYTES} are allowed.`,
        );
      }
    },

    /** The version as a part of some batch; in a list, for a query that is waited for is a query made. A number that is taken fails the batch. */
    async statements(version: NewVersion): Promise<[Statement]> {
      const env = await secrets.seal(JSON.stringify(version.env), about(version.appId, version.number));
      return [store.insert({ ...version, env, createdAt: clock.now() })];
    },

    async get(appId: string, number: number): Promise<ConfigVersion> {
      const { compose, message, by, createdAt } = await find(appId, number);
      return { number, compose, message, by, createdAt };
    },

    async env(appId: string, number: number): Promise<EnvEntry[]> {
      const { env } = await find(appId, number);
      return Env.parse(JSON.parse(await secrets.open(env, about(appId, number))));
    },

    list: async (appId: string, page: PageQuery) => pageOf(await store.list(appId, page), await store.count(appId), page),
  };
}
