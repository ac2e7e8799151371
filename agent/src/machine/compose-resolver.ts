import { chmod, copyFile, link, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CommandFailed, type ComposeAnswer, type ComposeQuestion } from "./machine.ts";
import { findProgram, findTool } from "./programs.ts";
import { type SpawnOptions, runProgram } from "./spawn.ts";

const NOBODY = 65_534;
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

/** Runs `docker compose config` as nobody, in a folder tree that holds Compose and the app's two files, without a network. */
export function composeResolver(folder: string) {
  const work = join(folder, "tmp");
  let kept: Promise<Kit | undefined> = Promise.resolve(undefined);

  /** Compose and its libraries, beside the trees they are linked into. */
  function kit() {
    const latest = kept.catch(() => undefined).then((last) => freshKit(work, last));
    kept = latest;
    return latest;
  }

  return async function resolveCompose(question: ComposeQuestion, signal: AbortSignal): Promise<ComposeAnswer> {
    const { files } = await kit();
    const tree = await mkdtemp(join(work, "resolve-"));
    try {
      await chmod(tree, 0o755);
      await plant(tree, files);
      const inside = join(tree, question.folder);
      await mkdir(inside, { recursive: true, mode: 0o755 });
      await writeFile(join(inside, "compose.yaml"), question.compose, { mode: 0o644 });
      await writeFile(join(inside, ".env"), question.env, { mode: 0o644 });
      return await ask(await jail(tree), question, signal);
    } finally {
      await rm(tree, { recursive: true, force: true });
    }
  };
}

interface Kit {
  version: string;
  /** Where each is kept, by where it belongs. */
  files: Record<string, string>;
}

async function freshKit(work: string, last: Kit | undefined): Promise<Kit> {
  const program = await findProgram("docker-compose");
  const { mtimeMs, size } = await stat(program);
  const version = `compose-${Math.floor(mtimeMs)}-${size}`;
  if (last?.version === version) return last;

  // Nobody works in there yet, or all who do hold links of their own.
  if (!last) await rm(work, { recursive: true, force: true });
  const folder = join(work, version);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const wanted: Record<string, string> = { "/docker-compose": program };
  for (const library of await librariesOf(program)) wanted[library] = library;
  const files: Record<string, string> = {};
  for (const [place, source] of Object.entries(wanted)) {
    files[place] = join(folder, place.slice(1).replaceAll("/", "_"));
    await copyFile(source, files[place]);
  }
  return { version, files };
}

/** None for a program that brings all it needs. */
async function librariesOf(program: string) {
  const ldd = await findTool("ldd");
  const found: string[] = [];
  const onLine = (_: string, line: string) => found.push(...(line.match(/(?<=\s)\/\S+(?= \()/g) ?? []));
  if (ldd) await runProgram(ldd, [program], { env: {}, onLine }).catch(ignoreExit);
  return found;
}

async function plant(tree: string, files: Record<string, string>) {
  for (const [place, source] of Object.entries(files)) {
    const target = join(tree, place);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await link(source, target);
  }
}

/** How to start Compose in there. */
async function jail(tree: string): Promise<string[]> {
  const [prlimit, unshare] = await Promise.all([findTool("prlimit"), findTool("unshare")]);
  if (!prlimit || !unshare) throw new CommandFailed("prlimit and unshare are missing. Install the package util-linux.", null, []);
  const asNobody = [`--setgid=${NOBODY}`, `--setuid=${NOBODY}`];
  const who = process.getuid?.() === 0 ? asNobody : ["--user", "--map-current-user"];
  return [prlimit, ...LIMITS, "--", unshare, "--net", "--ipc", ...who, `--root=${tree}`, "--", "/docker-compose"];
}

async function ask([program = "", ...jailed]: string[], { folder, project }: ComposeQuestion, signal: AbortSignal): Promise<ComposeAnswer> {
  const files = ["--project-directory", folder, "--file", join(folder, "compose.yaml"), "--env-file", join(folder, ".env")];
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
    await runProgram(program, [...jailed, "--project-name", project, ...files, "config", "--format", "json"], options);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (said.some((line) => /^(prlimit|unshare): /.test(line))) throw error;
    const gaveUp = error.exitCode === null || said.some((line) => /^(fatal error|runtime): /.test(line));
    return { problem: gaveUp ? [TOO_MUCH] : said };
  }
  if (room < 0) return { problem: [TOO_MUCH] };
  return { model: JSON.parse(Buffer.concat(model).toString("utf8")), warnings: said };
}

function ignoreExit(error: unknown) {
  if (!(error instanceof CommandFailed)) throw error;
}
