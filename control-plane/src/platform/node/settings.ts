import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";

const Port = z.coerce.number().int().min(0).max(65_535);
const Url = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ""));
const Key = z
  .string()
  .transform((text) => new Uint8Array(Buffer.from(text, "base64")))
  .refine((key) => key.length === 32, "It must be 32 bytes in base64: openssl rand -base64 32");
const Days = z.coerce.number("It is a number of days, from 1 to 36500").int().min(1).max(36_500);
const units = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
/** A number of bytes, or of KiB, MiB, GiB, TiB: 2G, 500MiB. */
const Bytes = z
  .string()
  .regex(/^\d{1,15}(|[KMGT](i?B)?)$/, "It is a number of bytes, or one with a unit: 500M, 2G")
  .transform((text) => Number.parseInt(text, 10) * units[(/[KMGT]/.exec(text)?.[0] ?? "") as keyof typeof units]);
const optional = <S extends z.ZodType>(schema: S) => z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

const Environment = z.object({
  APPOS_HOST: z.string().default("127.0.0.1"),
  APPOS_PORT: Port.default(9091),
  APPOS_DATA_DIR: z.string().default(".appos"),
  APPOS_PUBLIC_URL: optional(Url),
  APPOS_DATABASE_URL: optional(
    z.string().regex(/^(file:|libsql:\/\/|https?:\/\/|wss?:\/\/)/, "It begins with file:, libsql:// or http(s)://"),
  ),
  APPOS_DATABASE_TOKEN: optional(z.string()),
  APPOS_SECRET_KEY: optional(Key),
  APPOS_LOCAL_AGENT: z.enum(["auto", "off"]).default("auto"),
  /** Set by scripts/start.mjs where it could not give this machine a Docker Engine. */
  APPOS_DOCKER_PROBLEM: optional(z.string()),
  INIT_MODE: z.enum(["setup", "auto"]).default("setup"),
  SUPERUSER_EMAIL: optional(z.string()),
  SUPERUSER_PASSWORD: optional(z.string()),
  APPOS_LOG: z.enum(["pretty", "json"]).default("pretty"),
  APPOS_JOB_DAYS: Days.default(365),
  APPOS_LOG_DAYS: Days.default(90),
  APPOS_LOG_BYTES: Bytes.default(2 * 1024 ** 3),
  APPOS_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type NodeSettings = ReturnType<typeof settingsFrom>;

/** What the environment says; throws with one sentence for each thing that does not fit. */
export function settingsFrom(environment: Record<string, string | undefined>) {
  const { data, error } = Environment.safeParse(environment);
  if (error) throw new Error(error.issues.map(({ path, message }) => `${path.join(".")} does not fit. ${message}`).join("\n"));
  const dataDir = resolve(data.APPOS_DATA_DIR);
  return {
    host: data.APPOS_HOST,
    port: data.APPOS_PORT,
    dataDir,
    publicUrl: data.APPOS_PUBLIC_URL,
    databaseUrl: data.APPOS_DATABASE_URL ?? pathToFileURL(resolve(dataDir, "appos.db")).href,
    databaseToken: data.APPOS_DATABASE_TOKEN,
    secretKey: data.APPOS_SECRET_KEY,
    localAgent: data.APPOS_LOCAL_AGENT === "auto",
    dockerProblem: data.APPOS_DOCKER_PROBLEM,
    initMode: data.INIT_MODE,
    superuser: { email: data.SUPERUSER_EMAIL, password: data.SUPERUSER_PASSWORD },
    log: data.APPOS_LOG,
    logLevel: data.APPOS_LOG_LEVEL,
    retention: { jobDays: data.APPOS_JOB_DAYS, logDays: data.APPOS_LOG_DAYS, logBytes: data.APPOS_LOG_BYTES },
  };
}
