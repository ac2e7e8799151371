import { z } from "zod";

/** What AppOS itself keeps in an app's folder, and what Compose reads unasked. */
export const RESERVED_NAMES = ["compose.yaml", ".env", "current.json", "adopted.json", "placed.json", "releases"];
const isReserved = (path: string) => RESERVED_NAMES.includes(path.split("/")[0]!);

/** A path below the app's folder, as a compose file names it after `./`. */
export const ConfigFilePath = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9._@+-]+(\/[A-Za-z0-9._@+-]+)*$/, "Use a relative path of letters, digits and . _ @ + -, such as conf/nginx.conf")
  .refine((path) => !path.split("/").some((part) => part === "." || part === ".."), "Use a path without . and ..")
  .refine((path) => !isReserved(path), "AppOS keeps a file of its own under this name");

/** A file that belongs to an app's configuration, for its services to mount. */
export const ConfigFile = z
  .object({
    path: ConfigFilePath,
    /** Text to the letter; or base64 of what is no text. */
    content: z.string().max(131_072),
    encoding: z.enum(["text", "base64"]).default("text"),
    /** It may be run. */
    executable: z.boolean().default(false),
  })
  .refine(
    ({ encoding, content }) => encoding === "text" || /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(content),
    {
      path: ["content"],
      message: "This is not base64",
    },
  );
export type ConfigFile = z.output<typeof ConfigFile>;

export const ConfigFiles = z
  .array(ConfigFile)
  .max(100)
  .refine((files) => new Set(files.map(({ path }) => path)).size === files.length, "A file is named twice")
  .refine(
    (files) => !files.some(({ path }) => files.some((other) => other.path.startsWith(`${path}/`))),
    "What is a file cannot be a folder as well",
  );
