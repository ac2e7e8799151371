import { FRAME_BYTES } from "@appos/shared/agent-link";
import { composeProblem } from "@appos/shared/compose-file";
import { type ConfigFile, ConfigFiles } from "@appos/shared/config-files";
import type { ConfigComparison, ConfigVersion } from "@appos/shared/configs";
import { type EnvSetting, EnvSettings } from "@appos/shared/env";
import type { PageQuery } from "@appos/shared/envelope";
import { utf8 } from "../../bytes.ts";
import { AppError, notFound } from "../../errors.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { Secrets } from "../../secrets.ts";
import { comparedEnv, comparedFiles, fileBytes } from "./compare.ts";
import type { ConfigRow } from "./schema.ts";
import { configStore } from "./store.ts";

export type ConfigService = ReturnType<typeof configService>;

/** Both travel in one frame, with room for what is around them. */
const OFFER_BYTES = FRAME_BYTES - 8 * 1024;

/** What an app is configured by. */
export interface Config {
  compose: string;
  env: EnvSetting[];
  files: ConfigFile[];
}

/** A version about to be written. */
export interface NewVersion extends Config {
  appId: string;
  number: number;
  message: string;
  by: string | null;
}

export function configService({ database, clock }: Ports, secrets: Secrets) {
  const store = configStore(database);
  const about = (appId: string, number: number) => `config ${appId} ${number}`;
  const aboutFiles = (appId: string, number: number) => `config files ${appId} ${number}`;
  const find = async (appId: string, number: number) => (await store.find(appId, number)) ?? notFound("config version");

  async function opened(row: ConfigRow) {
    const { appId, number, compose } = row;
    const env = EnvSettings.parse(JSON.parse(await secrets.open(row.env, about(appId, number))));
    const files = row.files === null ? [] : ConfigFiles.parse(JSON.parse(await secrets.open(row.files, aboutFiles(appId, number))));
    return { compose, env, files };
  }

  return {
    /** Refuses what no server could deploy, and says where it is wrong. */
    check({ compose, env, files }: Config) {
      const problem = composeProblem(compose);
      if (problem) throw new AppError("INVALID_COMPOSE", problem.message, problem);
      const bytes = utf8(JSON.stringify({ compose, env, files })).length;
      if (bytes > OFFER_BYTES) {
        throw new AppError(
          "INVALID_REQUEST",
          `Compose file, variables and files have ${bytes} bytes together, as they are sent to the server; at most ${OFFER_BYTES} are allowed.`,
        );
      }
    },

    /** The version as a part of some batch; in a list, for a query that is waited for is a query made. A number that is taken fails the batch. */
    async statements(version: NewVersion): Promise<[Statement]> {
      const { appId, number } = version;
      const env = await secrets.seal(JSON.stringify(version.env), about(appId, number));
      const files = version.files.length === 0 ? null : await secrets.seal(JSON.stringify(version.files), aboutFiles(appId, number));
      return [store.insert({ ...version, env, files, createdAt: clock.now() })];
    },

    async get(appId: string, number: number): Promise<ConfigVersion> {
      const row = await find(appId, number);
      const { compose, files } = await opened(row);
      const { message, by, createdAt } = row;
      const listed = files.map((file) => ({ path: file.path, bytes: fileBytes(file), executable: file.executable }));
      return { number, compose, files: listed, message, by, createdAt };
    },

    /** All that an app is configured by, secrets too. */
    content: async (appId: string, number: number): Promise<Config> => opened(await find(appId, number)),

    /** `namesOf` says what other apps are called, to which variables refer. */
    async compare(
      appId: string,
      from: number,
      to: number,
      namesOf: (apps: string[]) => Promise<ReadonlyMap<string, string>>,
    ): Promise<ConfigComparison> {
      const [before, after] = [await find(appId, from), await find(appId, to)];
      const [was, is] = [await opened(before), await opened(after)];
      const side = ({ number, message, by, createdAt, compose }: ConfigRow) => ({ number, message, by, createdAt, compose });
      const names = await namesOf([...was.env, ...is.env].flatMap((setting) => setting.from?.app ?? []));
      return { from: side(before), to: side(after), env: comparedEnv(was.env, is.env, names), files: comparedFiles(was.files, is.files) };
    },

    list: async (appId: string, page: PageQuery) => pageOf(await store.list(appId, page), await store.count(appId), page),
  };
}
