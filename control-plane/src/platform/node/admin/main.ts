import { parseArgs } from "node:util";
import { settingsFrom } from "../settings.ts";
import { placeOf } from "./place.ts";
import { type Verb, verbs } from "./verbs.ts";

declare const APPOS_VERSION: string;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const note = (line: string) => void process.stderr.write(`${line}\n`);
process.stdout.on("error", () => process.exit(0));

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  note(`appos-admin: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
// The connection to a database keeps nobody waiting.
process.exit();

async function run([name = "help", ...rest]: string[]): Promise<number> {
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  const given = verb && parsed(verb, rest);
  if (!verb || !given) {
    note(
      `appos-admin: ${verb ? `Say: npm run admin -- ${name} ${verb.usage ?? ""}`.trimEnd() : `There is no command ${name}. "npm run admin" lists them.`}`,
    );
    return 2;
  }
  const place = placeOf(settingsFrom(process.env), import.meta.dirname);
  await verb.run({ place, version: APPOS_VERSION, ...given, say, note });
  return 0;
}

/** What follows the verb; undefined where it does not fit. */
function parsed({ options = {}, words = 0 }: Verb, args: string[]) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return positionals.length === words
      ? { values: values as Record<string, string | boolean | undefined>, words: positionals }
      : undefined;
  } catch {
    return undefined;
  }
}
