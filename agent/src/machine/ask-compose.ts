import { join } from "node:path";
import { CommandFailed, type ComposeAnswer, type ComposeQuestion } from "./machine.ts";
import { findTool } from "./programs.ts";
import { type SpawnOptions, runProgram } from "./spawn.ts";

const ANSWER_BYTES = 16 * 1024 * 1024;
const MESSAGES = 500;
const TIME_MS = 30_000;
const TOO_MUCH =
  "Compose could not resolve the file with a reasonable effort: it becomes too large. Look for anchors that repeat each other.";
/** A whole answer takes 0.05 s; an alias bomb would take for ever and all memory. */
const LIMITS = ["--cpu=5", `--data=${1024 * 1024 * 1024}`, `--stack=${1024 * 1024}`, "--core=0"];

/**
 * The whole environment. Compose reads the app's variables into its own: those by which it would let itself be steered are set here
 * already, which keeps the app's out.
 */
const ENV = {
  COMPOSE_COMPATIBILITY: "false",
  COMPOSE_CONVERT_WINDOWS_PATHS: "false",
  COMPOSE_ENV_FILES: "",
  COMPOSE_EXPERIMENTAL: "false",
  COMPOSE_EXPERIMENTAL_GIT_REMOTE: "false",
  COMPOSE_EXPERIMENTAL_OCI_REMOTE: "false",
  COMPOSE_FILE: "",
  COMPOSE_PATH_SEPARATOR: ":",
  COMPOSE_PROFILES: "",
  COMPOSE_PROJECT_NAME: "",
  DOCKER_DEFAULT_PLATFORM: "",
};

/** It did not come to asking. */
export class NotLaunched extends CommandFailed {
  constructor(said: string) {
    super(`Compose could not be shut off from the rest of this server: ${said}`, null, [said]);
  }
}

/** Asks a Compose that was started by `launcher`; the two files lie in the app's folder as it sees it. */
export async function askCompose(
  launcher: string[],
  { folder, project, more = [] }: ComposeQuestion,
  signal: AbortSignal,
): Promise<ComposeAnswer> {
  const prlimit = await findTool("prlimit");
  if (!prlimit) throw new CommandFailed("prlimit is missing. Install the package util-linux.", null, []);
  const composeFiles = ["compose.yaml", ...more].flatMap((path) => ["--file", join(folder, path)]);
  const files = ["--project-directory", folder, ...composeFiles, "--env-file", join(folder, ".env")];
  const said: string[] = [];
  const model: Buffer[] = [];
  let room = ANSWER_BYTES;
  const options: SpawnOptions = {
    env: ENV,
    signal,
    timeoutMs: TIME_MS,
    onLine: (_, text) => void (said.length < MESSAGES && said.push(text)),
    onOutput: (bytes) => void ((room -= bytes.length) >= 0 && model.push(bytes)),
  };
  try {
    await runProgram(prlimit, [...LIMITS, "--", ...launcher, "--project-name", project, ...files, "config", "--format", "json"], options);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const launched = said.find((line) => /^(prlimit|unshare): /.test(line));
    if (launched) throw new NotLaunched(launched);
    const gaveUp = error.exitCode === null || said.some((line) => /^(fatal error|runtime): /.test(line));
    return { problem: gaveUp ? [TOO_MUCH] : said };
  }
  if (room < 0) return { problem: [TOO_MUCH] };
  return { model: JSON.parse(Buffer.concat(model).toString("utf8")), warnings: said };
}
