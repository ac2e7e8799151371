import { Name } from "@appos/shared/ids";
import { adoptedProject } from "../adopt/adopted-project.ts";
import { isNarrow } from "../adopt/narrow-folder.ts";
import type { Project } from "../commands/compose.ts";
import type { Machine } from "../machine/machine.ts";

/** Where one app is kept on the server. */
export interface AppFolder {
  name: string;
  /** Where AppOS keeps what is about it. */
  path: string;
  /** The name of its compose project. */
  project: string;
  /** What relative paths of its compose file start from: `path`, or where an adopted project has always been. */
  directory: string;
  /** The folder of the server that counts as its own: what is in there it may mount. */
  ownFolder: string;
  /** The user's files, as they were last deployed. */
  compose: string;
  env: string;
  /** Which release is live. */
  current: string;
  /** Which of its config files are in their place. */
  placed: string;
  /** Which project it was before, where it was adopted. */
  adopted: string;
  releases: string;
}

/** The name came over a wire: it is looked at again before it becomes a path. */
export async function appFolder(machine: Pick<Machine, "folder" | "files">, name: string): Promise<AppFolder> {
  const path = `${machine.folder}/apps/${Name.parse(name)}`;
  const own = {
    name,
    path,
    project: `appos-${name}`,
    directory: path,
    ownFolder: path,
    compose: `${path}/compose.yaml`,
    env: `${path}/.env`,
    current: `${path}/current.json`,
    placed: `${path}/placed.json`,
    adopted: `${path}/adopted.json`,
    releases: `${path}/releases`,
  };
  const adopted = await adoptedProject(machine, own.adopted);
  if (!adopted) return own;
  const { project, directory } = adopted;
  return { ...own, project, directory, ownFolder: isNarrow(directory, machine.folder) ? directory : path };
}

/** The files of one release. */
export interface ReleaseFiles extends Project {
  release: number;
  folder: string;
  compose: string;
  env: string;
  /** What its services mount from the app's own folder. */
  files: string;
  /** Which of an app's config files are in their place. */
  placed: string;
  /** How the app was before anything of this release was started. */
  before: string;
  manifest: string;
  /** What ran under its number before, while this one takes its place. */
  former: string;
}

export function releaseFiles(app: AppFolder, release: number): ReleaseFiles {
  const at = `${app.releases}/${release}`;
  return {
    release,
    name: app.project,
    folder: app.directory,
    canonical: `${at}/canonical.yaml`,
    secrets: `${at}/secrets.env`,
    compose: `${at}/compose.yaml`,
    env: `${at}/env`,
    files: `${at}/files.json`,
    placed: app.placed,
    before: `${at}/before.json`,
    manifest: `${at}/manifest.json`,
    former: `${at}/former.json`,
  };
}
