import { z } from "zod";
import { categories, type Category as Known } from "./categories.ts";
import { ConfigFile, ConfigFiles } from "./config-files.ts";
import { EnvEntry } from "./env.ts";
import { Danger } from "./plan.ts";
import { TemplateId } from "./template-choice.ts";

export const Category = z.enum(Object.keys(categories) as [Known, ...Known[]]);
export type Category = Known;

const EnvKey = EnvEntry.shape.key;
const Sentence = z.string().trim().min(1).max(500);
/** Where a link leads: the web, and nothing else. */
const WebAddress = z
  .string()
  .max(500)
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), "Use an address that begins with https://");

/**
 * How a value is made where nobody gives one. Made once, at the install; an update of the template keeps it.
 * What looks like a helper and is none of these is not guessed: the template is refused.
 */
export const Generator = z.discriminatedUnion("kind", [
  /** Letters and digits. */
  z.strictObject({ kind: z.literal("alnum"), length: z.int().min(1).max(512), lower: z.boolean().default(false) }),
  /** Letters, digits and symbols that neither a shell nor a URL minds less than others: for passwords only. */
  z.strictObject({ kind: z.literal("symbols"), length: z.int().min(1).max(512) }),
  /** So many hexadecimal characters. */
  z.strictObject({ kind: z.literal("hex"), chars: z.int().min(2).max(1024) }),
  /** So many random bytes in base64. */
  z.strictObject({ kind: z.literal("base64"), bytes: z.int().min(1).max(1024) }),
  z.strictObject({ kind: z.literal("uuid") }),
  /** A token signed with the value of another input. `iat` is now; `exp` after so many days, where given. */
  z.strictObject({
    kind: z.literal("jwt"),
    alg: z.enum(["HS256", "HS384", "HS512"]).default("HS256"),
    secretRef: EnvKey,
    claims: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    days: z.int().min(1).max(36_600).optional(),
  }),
  /** The first port from here on that no app on the server publishes. */
  z.strictObject({ kind: z.literal("port"), from: z.int().min(1).max(65_535).default(20_000) }),
  /** A name to sign in with. */
  z.strictObject({ kind: z.literal("username") }),
  z.strictObject({ kind: z.literal("email") }),
  /** One half of a key pair for web push; inputs of one template that name the same pair belong together. */
  z.strictObject({ kind: z.literal("vapid"), pair: z.string().max(64).default("vapid"), half: z.enum(["public", "private"]) }),
  /** The moment of the install. */
  z.strictObject({ kind: z.literal("timestamp"), unit: z.enum(["seconds", "milliseconds", "iso"]).default("seconds") }),
  /** Where the app is first reached: the server's address, and the port that another input holds. */
  z.strictObject({ kind: z.literal("address"), port: EnvKey.optional(), form: z.enum(["url", "host", "host-port"]).default("url") }),
  /** Put together from other inputs, which it names as ${KEY}; $$ is one dollar sign. */
  z.strictObject({ kind: z.literal("text"), value: z.string().max(16_384) }),
]);
export type Generator = z.output<typeof Generator>;

export const InputType = z.enum([
  "text",
  "multiline",
  "number",
  /** "true" or "false". */
  "boolean",
  "select",
  "password",
  "email",
  /** With its scheme, http or https. */
  "url",
  /** A host name. */
  "domain",
  "ip",
  /** A host name or an IP address. */
  "host",
  "port",
  /** Such as Europe/Berlin. */
  "timezone",
]);
export type InputType = z.output<typeof InputType>;

/** Without what a backslash takes the meaning from, or gives one: pair by pair, for a backslash may be escaped itself. */
const bare = (pattern: string) => pattern.replace(/\\./gs, "x");
const paired = (pattern: string) => pattern.replace(/\\\\/g, "x");

/** No groups, no alternatives, at most three repetitions: what a stranger's template asks for is tried in a moment. */
const Pattern = z
  .string()
  .max(200)
  .refine((text) => !/[(|]/.test(bare(text)) && !/\\[1-9k]/.test(paired(text)), "A pattern may have no groups and no alternatives")
  .refine((text) => (bare(text).match(/\*|\+|\{\d+(,\d*)?\}/g) ?? []).length <= 3, "A pattern may repeat three things at most")
  .refine(compiles, "This is not a regular expression");

function compiles(text: string): boolean {
  try {
    return new RegExp(text, "u").unicode;
  } catch {
    return false;
  }
}

/** What is asked at the install. Its value becomes the variable `key` of the app. */
export const TemplateInput = z.strictObject({
  key: EnvKey,
  label: z.string().trim().min(1).max(120),
  help: Sentence.optional(),
  type: InputType.default("text"),
  default: z.string().max(16_384).optional(),
  /** It may not be empty. One with a default or a generator need not be given. */
  required: z.boolean().default(true),
  /** Sealed, and never shown again unasked. */
  secret: z.boolean().default(false),
  /** Makes the value where none is given. */
  generator: Generator.optional(),
  /** The whole value fits it. For values of at most 256 characters. */
  pattern: Pattern.optional(),
  /** What to say where it does not. */
  patternHelp: Sentence.optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  /** For `select`. */
  options: z
    .array(z.strictObject({ value: z.string().max(1_000), label: z.string().max(200) }))
    .min(1)
    .max(200)
    .optional(),
  /** Not asked: always its default or what its generator makes. */
  hidden: z.boolean().default(false),
  /** False where another value would not reach what is there already, such as a database's first password. */
  editableAfterInstall: z.boolean().default(true),
});
export type TemplateInput = z.output<typeof TemplateInput>;

/** Where the app can be reached: a port inside one of its services. */
export const TemplateRoute = z.strictObject({
  service: z.string().min(1).max(128),
  port: z.int().min(1).max(65_535),
  path: z.string().startsWith("/").max(200).default("/"),
  /** What people open. */
  primary: z.boolean().default(false),
  /** The input that says on which port of the server it is published; none where it is not. */
  publishedAs: EnvKey.optional(),
});
export type TemplateRoute = z.output<typeof TemplateRoute>;

/** A file of the app. `fill`: ${KEY} of an input becomes its value at the install, and $$ one dollar sign. */
export const TemplateFile = z.strictObject({ ...ConfigFile.shape, fill: z.boolean().default(false) });
export type TemplateFile = z.output<typeof TemplateFile>;

/** What all its services need together, at least. */
const Requirements = z.strictObject({ memoryMiB: z.int().min(1), diskMiB: z.int().min(1).optional() });

/** An app ready to install: what `catalog/<id>/template.yaml` says, and the compose file beside it. */
export const Template = z
  .strictObject({
    id: TemplateId,
    name: z.string().trim().min(1).max(80),
    /** The app's own version. Another one is an update, so whatever changes in a template changes it: 1.2.3, then 1.2.3-2. */
    version: z.string().trim().min(1).max(80),
    /** One sentence: what it is for. */
    description: z.string().trim().min(1).max(300),
    /** Paragraphs of plain text. */
    about: z.string().trim().max(4_000).optional(),
    /** What to do once it runs, such as the first sign-in. Plain text. */
    notes: z.string().trim().max(2_000).optional(),
    categories: z.array(Category).min(1).max(4),
    links: z.strictObject({ website: WebAddress.optional(), source: WebAddress.optional(), docs: WebAddress.optional() }).default({}),
    /** One or two letters, and a colour's angle; else made from the name. Nobody's logo is copied. */
    icon: z.strictObject({ letters: z.string().min(1).max(2).optional(), hue: z.int().min(0).max(359).optional() }).default({}),
    requirements: Requirements.optional(),
    /** As Docker names them. */
    arch: z
      .array(z.enum(["amd64", "arm64"]))
      .min(1)
      .default(["amd64", "arm64"]),
    inputs: z
      .array(TemplateInput)
      .max(200)
      .refine((inputs) => new Set(inputs.map(({ key }) => key)).size === inputs.length, "An input is named twice")
      .default([]),
    routes: z.array(TemplateRoute).max(50).default([]),
    files: z.array(TemplateFile).max(100).default([]),
    /** What holds data that is worth a backup: paths inside its services. */
    dataPaths: z.array(z.strictObject({ service: z.string(), path: z.string().startsWith("/") })).default([]),
    /** What the plan warns of and this app cannot do without, and why. */
    accepted: z.array(z.strictObject({ danger: z.string(), why: Sentence })).default([]),
    /** Plain compose; ${KEY} stands for an input. */
    compose: z.string().max(96 * 1024),
  })
  .refine(({ files }) => ConfigFiles.safeParse(files.map(({ fill: _, ...file }) => file)).success, "Two files are in each other's way");
export type Template = z.output<typeof Template>;

/** A template in the list. */
export const TemplateSummary = z
  .object({
    id: z.string(),
    name: z.string(),
    version: z.string(),
    description: z.string(),
    categories: z.array(Category),
    icon: Template.shape.icon,
    /** Where it comes from; null is AppOS's own catalog. */
    source: z.object({ id: z.string(), name: z.string() }).nullable(),
    memoryMiB: z.int().nullable(),
    /** Why it cannot be installed; null where it can. */
    problem: z.string().nullable(),
    /** How many warnings and stops its compose file gives rise to. */
    risks: z.int(),
    /** How many apps were made from it. */
    installed: z.int(),
  })
  .meta({ id: "TemplateSummary" });
export type TemplateSummary = z.output<typeof TemplateSummary>;

/** A template of our own catalog as the list shows it, before anybody has counted the apps that were made from it. */
export const listedTemplate = (
  { id, name, version, description, categories, icon, requirements }: Template,
  risks: number,
): Omit<TemplateSummary, "installed"> => ({
  id,
  name,
  version,
  description,
  categories,
  icon,
  source: null,
  memoryMiB: requirements?.memoryMiB ?? null,
  problem: null,
  risks,
});

/** All of one template. What could not be read of it is empty; `problem` says why. */
export const TemplateView = TemplateSummary.extend({
  about: z.string().nullable(),
  notes: z.string().nullable(),
  links: Template.shape.links,
  arch: z.array(z.enum(["amd64", "arm64"])),
  diskMiB: z.int().nullable(),
  inputs: z.array(TemplateInput),
  routes: z.array(TemplateRoute),
  dataPaths: Template.shape.dataPaths,
  files: z.array(z.string()),
  services: z.array(z.object({ name: z.string(), image: z.string() })),
  compose: z.string(),
  /** What a deployment's plan would warn of, as far as the file alone tells. */
  dangers: z.array(Danger),
  accepted: Template.shape.accepted,
  /** What an importer left out or could not translate, in sentences. */
  dropped: z.array(z.string()),
  apps: z.array(z.object({ id: z.string(), name: z.string(), version: z.string().nullable() })),
  /** What the inputs that nobody must know before would be on the server asked for: a free port, an address. */
  suggested: z.record(z.string(), z.string()),
}).meta({ id: "Template" });
export type TemplateView = z.output<typeof TemplateView>;

/** What an app knows of the template it was made from. */
export const AppTemplate = z.object({
  id: z.string(),
  version: z.string(),
  /** What the catalog has now, where it is another version. */
  newer: z.string().optional(),
});
export type AppTemplate = z.output<typeof AppTemplate>;
