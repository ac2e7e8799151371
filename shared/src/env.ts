import { z } from "zod";

const Key = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "A variable's name has letters, digits and underscores, and starts with no digit")
  .max(255);
/** Linux takes no longer ones than twice this. */
const VALUE_BYTES = 65_536;
const Value = z
  .string()
  .max(VALUE_BYTES, "A value can have 64 KiB at most")
  .refine(
    (value) => value.length * 3 <= VALUE_BYTES || new TextEncoder().encode(value).length <= VALUE_BYTES,
    "A value can have 64 KiB at most",
  )
  .refine((value) => !value.includes("\0"), "A value cannot hold a NUL character")
  .refine((value) => value.isWellFormed(), "A value cannot hold half of a character");

/** A variable that the compose file may refer to as ${KEY}. */
export const EnvEntry = z.object({ key: Key, value: Value, secret: z.boolean().default(false) });
export type EnvEntry = z.output<typeof EnvEntry>;

/** Where a variable takes its value from another app: a variable of it, or the name under which one of its services is reached. */
export const EnvSource = z.union([
  z.strictObject({ app: z.string().max(63), key: Key }),
  z.strictObject({ app: z.string().max(63), service: z.string().min(1).max(255) }),
]);
export type EnvSource = z.output<typeof EnvSource>;

/** A variable as it is set: by its value, or by where it comes from. */
export const EnvSetting = EnvEntry.extend({ from: EnvSource.optional() });
export type EnvSetting = z.output<typeof EnvSetting>;

const once = (settings: { key: string }[]) => new Set(settings.map(({ key }) => key)).size === settings.length;
export const EnvSettings = z.array(EnvSetting).max(500).refine(once, "A variable is named twice");

/** As it is saved. A secret's value need not be known to be kept: null is what it was. */
const SavedSetting = z.strictObject({ key: Key, value: Value.nullable(), secret: z.boolean().default(false), from: EnvSource.optional() });
export const SavedSettings = z.array(SavedSetting).max(500).refine(once, "A variable is named twice");
export type SavedSettings = z.output<typeof SavedSettings>;

const overwrite = {
  /** Only with this may nothing take the place of everything. */
  clear: z.boolean().default(false),
  /** The version the edit began from: a newer one in between is a conflict. */
  basedOn: z.int().nonnegative().optional(),
};
export const SaveEnv = z.strictObject({ env: SavedSettings, message: z.string().trim().max(200).default(""), ...overwrite });
export type SaveEnv = z.output<typeof SaveEnv>;

/** The text of a `.env` file; `replace` removes what is not in it. */
export const ImportEnv = z.strictObject({
  text: z.string().max(262_144),
  mode: z.enum(["merge", "replace"]).default("merge"),
  /** Which of them are secret; left out, those whose names say so. */
  secrets: z.array(Key).max(500).optional(),
  clear: z.boolean().default(false),
});
export type ImportEnv = z.output<typeof ImportEnv>;

/** Asked for with the password once more. Left out, all secrets are meant. */
export const RevealEnv = z.strictObject({ password: z.string().max(1_024), keys: z.array(Key).max(500).optional() });
/** Without the password, secrets are named and left empty. */
export type RevealEnv = z.output<typeof RevealEnv>;
export const ExportEnv = z.strictObject({ password: z.string().max(1_024).optional() });

const Scope = z.enum(["project", "server"]);
export type SharedScope = z.output<typeof Scope>;

/** A secret's value is null. */
export const EnvSettingView = z.object({
  key: z.string(),
  value: z.string().nullable(),
  secret: z.boolean(),
  from: z
    .object({ app: z.string(), appName: z.string().nullable(), key: z.string().optional(), service: z.string().optional() })
    .optional(),
});
export type EnvSettingView = z.output<typeof EnvSettingView>;

/** What an app's variables are, and what it has besides from its project and its server: the app's own win over the project's, those over the server's. */
export const EnvView = z
  .object({
    version: z.int(),
    env: z.array(EnvSettingView),
    shared: z.array(
      z.object({
        key: z.string(),
        value: z.string().nullable(),
        secret: z.boolean(),
        scope: Scope,
        scopeName: z.string(),
        /** Another of the same name wins. */
        overridden: z.boolean(),
      }),
    ),
  })
  .meta({ id: "Env" });
export type EnvView = z.output<typeof EnvView>;

/** The variables of a project or a server; `number` grows with each save, 0 where there were none yet. */
export const SharedEnvView = z
  .object({ number: z.int(), env: z.array(EnvSettingView), changedAt: z.int().nullable(), by: z.string().nullable() })
  .meta({ id: "SharedEnv" });
export type SharedEnvView = z.output<typeof SharedEnvView>;

export const RevealedEnv = z.object({ env: z.array(z.object({ key: z.string(), value: z.string() })) });
export type RevealedEnv = z.output<typeof RevealedEnv>;
