import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { LogLevel, MasterKey, misfits, NewAddress, optional, OutboundAllow, PublicUrl, retentionVariables } from "../environment.ts";

const Port = z.coerce.number().int().min(0).max(65_535);
/** One server of NATS, or several of one cluster, by commas. */
const NatsUrls = z
  .string()
  .transform((text) => text.split(",").map((url) => url.trim()))
  .refine((urls) => urls.every((url) => /^(nats|tls):\/\//.test(url) && URL.canParse(url)), "It begins with nats:// or tls://");
const Environment = z.object({
  APPOS_HOST: z.string().default("127.0.0.1"),
  APPOS_PORT: Port.default(9091),
  APPOS_DATA_DIR: z.string().default(".appos"),
  APPOS_PUBLIC_URL: optional(PublicUrl),
  APPOS_MOVED_TO: optional(NewAddress),
  APPOS_DATABASE_URL: optional(
    z.string().regex(/^(file:|libsql:\/\/|https?:\/\/|wss?:\/\/)/, "It begins with file:, libsql:// or http(s)://"),
  ),
  APPOS_DATABASE_TOKEN: optional(z.string()),
  APPOS_NATS_URL: optional(NatsUrls),
  APPOS_SECRET_KEY: optional(MasterKey),
  APPOS_LOCAL_AGENT: z.enum(["auto", "off"]).default("auto"),
  /** Set by scripts/start.mjs where it could not give this machine a Docker Engine. */
  APPOS_DOCKER_PROBLEM: optional(z.string()),
  INIT_MODE: z.enum(["setup", "auto"]).default("setup"),
  SUPERUSER_EMAIL: optional(z.string()),
  SUPERUSER_PASSWORD: optional(z.string()),
  APPOS_LOG: z.enum(["pretty", "json"]).default("pretty"),
  ...retentionVariables,
  APPOS_OUTBOUND_ALLOW: OutboundAllow,
  APPOS_LOG_LEVEL: LogLevel.default("info"),
});

export type NodeSettings = ReturnType<typeof settingsFrom>;

/** What the environment says; throws with one sentence for each thing that does not fit. */
export function settingsFrom(environment: Record<string, string | undefined>) {
  const { data, error } = Environment.safeParse(environment);
  if (error) throw new Error(misfits(error));
  if (data.APPOS_NATS_URL && !(data.APPOS_SECRET_KEY && /^(libsql|https?|wss?):/.test(data.APPOS_DATABASE_URL ?? "")))
    throw new Error(
      "APPOS_NATS_URL joins several control planes, which share a database and a master key: set APPOS_DATABASE_URL to a libSQL server, and APPOS_SECRET_KEY to the same 32 bytes in base64 for all of them.",
    );
  const dataDir = resolve(data.APPOS_DATA_DIR);
  return {
    host: data.APPOS_HOST,
    port: data.APPOS_PORT,
    dataDir,
    publicUrl: data.APPOS_PUBLIC_URL,
    /** Where AppOS is now; undefined where it is here. */
    movedTo: data.APPOS_MOVED_TO,
    databaseUrl: data.APPOS_DATABASE_URL ?? pathToFileURL(resolve(dataDir, "appos.db")).href,
    databaseToken: data.APPOS_DATABASE_TOKEN,
    secretKey: data.APPOS_SECRET_KEY,
    natsUrls: data.APPOS_NATS_URL,
    // Each of several machines would be "local".
    localAgent: data.APPOS_LOCAL_AGENT === "auto" && !data.APPOS_NATS_URL,
    dockerProblem: data.APPOS_DOCKER_PROBLEM,
    initMode: data.INIT_MODE,
    superuser: { email: data.SUPERUSER_EMAIL, password: data.SUPERUSER_PASSWORD },
    log: data.APPOS_LOG,
    logLevel: data.APPOS_LOG_LEVEL,
    outboundAllow: data.APPOS_OUTBOUND_ALLOW,
    retention: { jobDays: data.APPOS_JOB_DAYS, logDays: data.APPOS_LOG_DAYS, logBytes: data.APPOS_LOG_BYTES },
  };
}
