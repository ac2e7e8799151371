import type { Machine } from "../machine/machine.ts";
import { type AppFolder, releaseFiles } from "./app-folder.ts";

/** The releases that ran here once and whose files are kept, newest first: what never became live has no manifest. */
export async function keptReleases({ files }: Machine, app: AppFolder): Promise<number[]> {
  const numbers = (await files.list(app.releases)).filter((each) => /^[1-9]\d*$/.test(each)).map(Number);
  const ran = await Promise.all(numbers.map(async (release) => (await files.read(releaseFiles(app, release).manifest)) !== undefined));
  return numbers.filter((_, i) => ran[i]).toSorted((a, b) => b - a);
}
