import type { AppFolder } from "../jobs/app-folder.ts";
import type { JobContext } from "../jobs/job.ts";
import type { ReleaseTexts } from "../jobs/releases.ts";
import { serviceSums } from "../jobs/service-sums.ts";

/** What Compose sums each service up as: a container with the same sum is left alone by `up`. The files are there only for so long. */
export async function composeHashes(
  { canonical, secrets }: Pick<ReleaseTexts, "canonical" | "secrets">,
  { project, directory }: AppFolder,
  context: JobContext,
): Promise<Map<string, string>> {
  const { machine } = context;
  const folder = `${machine.folder}/tmp/plan-${crypto.randomUUID()}`;
  const files = { canonical: `${folder}/canonical.yaml`, secrets: `${folder}/secrets.env` };
  try {
    await machine.files.write({ [files.canonical]: canonical, [files.secrets]: secrets });
    return await serviceSums({ name: project, folder: directory, ...files }, context);
  } finally {
    await machine.files.remove(folder);
  }
}
