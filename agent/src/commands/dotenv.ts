import type { EnvEntry } from "@appos/shared/env";

/**
 * Variables as the text of a `.env` file, out of which Compose reads exactly these values.
 * A backslash before the closing quote would hide it from Compose, so backslashes and quotes are written as octal numbers.
 */
export const dotenv = (env: readonly Pick<EnvEntry, "key" | "value">[]) =>
  env.map(({ key, value }) => `${key}="${quoted(value)}"\n`).join("");

const escapes: Record<string, string> = { "\\": "\\0134", '"': "\\0042", $: "\\$", "\n": "\\n", "\r": "\\r" };
const quoted = (value: string) => value.replace(/[\\"$\n\r]/g, (character) => escapes[character]!);
