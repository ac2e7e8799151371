import { z } from "zod";
import { LogLevel, MasterKey, misfits, optional, OutboundAllow, PublicUrl, retentionVariables } from "../environment.ts";
import type { EventObject, RoomObject } from "./objects.ts";

/** What wrangler.toml binds, and the variables and secrets set beside it. */
export interface Env extends Record<string, unknown> {
  /** One object per server, by its id. */
  ROOMS: DurableObjectNamespace<RoomObject>;
  /** One object for all events. */
  EVENTS: DurableObjectNamespace<EventObject>;
  /** The console's files. */
  ASSETS: Fetcher;
  /** The agent's archives; left out where APPOS_AGENT_URL says where they are. */
  AGENTS?: R2Bucket;
}

const Variables = z.object({
  APPOS_DATABASE_URL: z
    .string("Set it to the address of a libSQL database")
    .regex(/^(libsql|https?):\/\//, "It begins with libsql:// or https://"),
  APPOS_DATABASE_TOKEN: optional(z.string()),
  APPOS_SECRET_KEY: MasterKey,
  APPOS_PUBLIC_URL: optional(PublicUrl),
  APPOS_AGENT_URL: optional(PublicUrl),
  APPOS_LOG_LEVEL: LogLevel.default("info"),
  ...retentionVariables,
  APPOS_OUTBOUND_ALLOW: OutboundAllow,
});
/** What whoever deployed it has to put right. */
export class Misfit extends Error {}
export type Variables = z.output<typeof Variables>;

/** What whoever deployed it has chosen; throws one sentence for each variable that does not fit. */
export function variablesOf(env: Env): Variables {
  const { data, error } = Variables.safeParse({ APPOS_SECRET_KEY: "", ...env });
  if (error) throw new Misfit(misfits(error));
  return data;
}
