import { composeHash } from "../commands/compose.ts";
import type { AppFolder } from "../jobs/app-folder.ts";
import type { JobContext } from "../jobs/job.ts";
import type { ReleaseTexts } from "../jobs/releases.ts";

/** What Compose sums each service up as: a container with the same sum is left alone by `up`. The files are there only for so long. */
export async function composeHashes(
  { canonical, secrets }: Pick<ReleaseTexts, "canonical" | "secrets">,
  { project, directory }: AppFolder,
  { machine, signal }: JobContext,
): Promise<Map<string, string>> {
  const folder = `${machine.folder}/tmp/plan-${crypto.randomUUID()}`;
  const files = { canonical: `${folder}/canonical.yaml`, secrets: `${folder}/secrets.env` };
  const hashes = new Map<string, string>();
  try {
    await machine.files.write({ [files.canonical]: canonical, [files.secrets]: secrets });
    await machine.run(composeHash({ name: project, folder: directory, ...files }), {
      signal,
      timeoutMs: 30_000,
      onLine: (stream, line) => {
        const [service, hash] = line.split(" ");
        if (stream === "stdout" && service && hash) hashes.set(service, hash);
        return undefined;
      },
    });
  } finally {
    await machine.files.remove(folder);
  }
  return hashes;
}
