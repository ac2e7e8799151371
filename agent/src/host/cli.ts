import { parseArgs } from "node:util";
import { settingsFrom } from "../settings.ts";
import { loadEnvironmentFile } from "./environment-file.ts";
import { Refusal } from "./refusal.ts";
import type { Terminal } from "./verb.ts";
import { verbs } from "./verbs.ts";

/** Runs one command and answers its exit code. */
export async function cli(args: string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  const [asked = "help", ...rest] = args;
  const name = { "--help": "help", "-h": "help", "--version": "version", "-v": "version" }[asked] ?? asked;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!verb) return complain(terminal, `There is no command ${asked}. "appos-agent help" lists them.`, 2);
  if (rest.includes("--help")) return cli(["help"], env, terminal);
  try {
    const { values, positionals: words } = parseArgs({
      args: rest,
      options: verb.options ?? {},
      strict: true,
      allowPositionals: verb.words ?? false,
    });
    loadEnvironmentFile(settingsFrom(env).files.environment, env);
    return await verb.run({ values: values as Record<string, string | boolean | undefined>, words, env, terminal });
  } catch (error) {
    if (error instanceof Refusal) return complain(terminal, error.message, 1);
    if (isUsage(error)) return complain(terminal, `${error.message} Usage: appos-agent ${[name, verb.usage].filter(Boolean).join(" ")}`, 2);
    throw error;
  }
}

function complain(terminal: Terminal, sentence: string, code: number) {
  terminal.complain(`appos-agent: ${sentence}`);
  return code;
}

const isUsage = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
