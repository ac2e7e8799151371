import { chmod, link, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { askCompose, NotLaunched } from "./ask-compose.ts";
import { type Kit, freshKit } from "./compose-kit.ts";
import { reachesOutside } from "./compose-reach.ts";
import { CommandFailed, type ComposeAnswer, type ComposeQuestion } from "./machine.ts";
import { cleanPath, isBelow } from "../policy-mounts.ts";
import { findProgram, findTool } from "./programs.ts";

const NOBODY = 65_534;
const isRoot = () => process.getuid?.() === 0;

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

  // The first deploy need not wait for it; what is missing now is looked for again then.
  kit().catch(() => undefined);

  return async function resolveCompose(question: ComposeQuestion, signal: AbortSignal): Promise<ComposeAnswer> {
    // Anything else could lead out of the tree, or to Compose itself.
    if (cleanPath(question.folder) !== question.folder) return { problem: [`${question.folder} is no plain path of a folder.`] };
    const { files } = await kit();
    const tree = await mkdtemp(join(work, "resolve-"));
    try {
      await plant(tree, files);
      await putFiles(cleanPath(join(tree, question.folder)), question, "wx");
      return await askCompose(await jail(tree), question, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST")
        return { problem: [`${question.folder} cannot be an app's folder, or two of its files have one name.`] };
      // Some systems let only root shut a program off.
      if (!(error instanceof NotLaunched) || isRoot()) throw error;
      return askInTheOpen(question, folder, signal);
    } finally {
      await rm(tree, { recursive: true, force: true });
    }
  };
}

async function plant(tree: string, files: Kit["files"]) {
  await chmod(tree, 0o755);
  for (const [place, source] of Object.entries(files)) {
    const target = join(tree, place);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await link(source, target);
  }
}

/** `wx`: nothing that is there may be written over. In the tree that is Compose and its libraries, which are links to the server's own. */
export async function putFiles(folder: string, { compose, env, files }: ComposeQuestion, flag: "w" | "wx") {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const { path, bytes } of files) {
    const place = join(folder, path);
    if (!isBelow(place, folder)) throw new Error(`${path} is not below the app's folder`);
    await mkdir(dirname(place), { recursive: true, mode: 0o755 });
    await writeFile(place, bytes, { mode: 0o644, flag });
  }
  await writeFile(join(folder, "compose.yaml"), compose, { mode: 0o644, flag });
  await writeFile(join(folder, ".env"), env, { mode: 0o644, flag });
}

/** How to start Compose in there. */
async function jail(tree: string): Promise<string[]> {
  const unshare = await findTool("unshare");
  if (!unshare) throw new CommandFailed("unshare is missing. Install the package util-linux.", null, []);
  const who = isRoot() ? [`--setgid=${NOBODY}`, `--setuid=${NOBODY}`] : ["--user", "--map-current-user"];
  return [unshare, "--net", "--ipc", ...who, `--root=${tree}`, "--", "/docker-compose"];
}

/** With what an agent without root may read: so the file must not ask for any other. */
async function askInTheOpen(question: ComposeQuestion, agentFolder: string, signal: AbortSignal): Promise<ComposeAnswer> {
  if (!question.folder.startsWith(`${agentFolder}/`))
    return { problem: ["An adopted project can only be changed where the agent runs as root."] };
  const outside = reachesOutside(question.compose);
  if (outside) return { problem: [outside] };
  await putFiles(question.folder, question, "w");
  return askCompose([await findProgram("docker-compose")], question, signal);
}
