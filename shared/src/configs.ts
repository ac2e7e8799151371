import { z } from "zod";
import { ConfigFiles } from "./config-files.ts";
import { SavedSettings } from "./env.ts";

/** A config file as a list shows it. */
export const ConfigFileSummary = z.object({ path: z.string(), bytes: z.int(), executable: z.boolean() });

/** One numbered, immutable text of an app's configuration. */
export const ConfigVersion = z
  .object({
    number: z.int(),
    compose: z.string(),
    files: z.array(ConfigFileSummary),
    message: z.string(),
    by: z.string().nullable(),
    createdAt: z.int(),
  })
  .meta({ id: "ConfigVersion" });
export type ConfigVersion = z.output<typeof ConfigVersion>;

export const ConfigVersionSummary = ConfigVersion.omit({ compose: true, files: true }).meta({ id: "ConfigVersionSummary" });
export type ConfigVersionSummary = z.output<typeof ConfigVersionSummary>;

const save = {
  message: z.string().trim().max(200).default(""),
  /** The version the edit began from: a newer one in between is a conflict. */
  basedOn: z.int().positive().optional(),
};
export const SaveCompose = z.strictObject({ compose: z.string(), ...save });
export type SaveCompose = z.output<typeof SaveCompose>;

/** Any parts of a configuration, as one new version; what is left out stays. */
export const SaveConfig = z.strictObject({
  compose: z.string().optional(),
  files: ConfigFiles.optional(),
  env: SavedSettings.optional(),
  clear: z.boolean().default(false),
  ...save,
});
export type SaveConfig = z.output<typeof SaveConfig>;

/** What became of one variable or one file between two versions. A secret's value is not told. */
const Changed = z.enum(["added", "removed", "changed"]);
const Side = z.object({
  number: z.int(),
  message: z.string(),
  by: z.string().nullable(),
  createdAt: z.int(),
  compose: z.string(),
});
export const ConfigComparison = z
  .object({
    from: Side,
    to: Side,
    env: z.array(
      z.object({ key: z.string(), change: Changed, secret: z.boolean(), before: z.string().nullable(), after: z.string().nullable() }),
    ),
    /** The texts are null for what is no text, or not there. */
    files: z.array(z.object({ path: z.string(), change: Changed, before: z.string().nullable(), after: z.string().nullable() })),
  })
  .meta({ id: "ConfigComparison" });
export type ConfigComparison = z.output<typeof ConfigComparison>;

export const ConfigFilesView = z.object({ version: z.int(), files: ConfigFiles });
