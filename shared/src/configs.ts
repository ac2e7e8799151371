import { z } from "zod";
import { Env } from "./apps.ts";

/** One numbered, immutable text of an app's configuration. */
export const ConfigVersion = z
  .object({ number: z.int(), compose: z.string(), message: z.string(), by: z.string().nullable(), createdAt: z.int() })
  .meta({ id: "ConfigVersion" });
export type ConfigVersion = z.output<typeof ConfigVersion>;

export const ConfigVersionSummary = ConfigVersion.omit({ compose: true }).meta({ id: "ConfigVersionSummary" });
export type ConfigVersionSummary = z.output<typeof ConfigVersionSummary>;

export const SaveCompose = z.strictObject({
  compose: z.string(),
  message: z.string().trim().max(200).default(""),
  /** The version the edit began from: a newer one in between is a conflict. */
  basedOn: z.int().positive().optional(),
});
export type SaveCompose = z.output<typeof SaveCompose>;

export const SaveEnv = z.strictObject({ env: Env });
export type SaveEnv = z.output<typeof SaveEnv>;

/** A secret's value never comes back. */
export const EnvView = z.object({ env: z.array(z.object({ key: z.string(), value: z.string().nullable(), secret: z.boolean() })) });
