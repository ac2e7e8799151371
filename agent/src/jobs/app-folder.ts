import { Name } from "@appos/shared/ids";
import type { Project } from "../commands/compose.ts";
import type { Machine } from "../machine/machine.ts";

/** Where one app is kept on the server. */
export interface AppFolder {
  path: string;
  /** The name of its compose project. */
  project: string;
  /** The user's files, as they were last deployed. */
  compose: string;
  env: string;
  /** Which release is live. */
  current: string;
  releases: string;
}

/** The name came over a wire: it is looked at again before it becomes a path. */
export function appFolder({ folder }: Pick<Machine, "folder">, name: string): AppFolder {
  const path = `${folder}/apps/${Name.parse(name)}`;
  return {
    path,
    project: `appos-${name}`,
    compose: `${path}/compose.yaml`,
    env: `${path}/.env`,
    current: `${path}/current.json`,
    releases: `${path}/releases`,
  };
}

/** The files of one release. */
export interface ReleaseFiles extends Project {
  release: number;
  folder: string;
  compose: string;
  env: string;
  /** How the app was before anything of this release was started. */
  before: string;
  manifest: string;
}

export function releaseFiles(app: AppFolder, release: number): ReleaseFiles {
  const at = `${app.releases}/${release}`;
  return {
    release,
    name: app.project,
    folder: app.path,
    canonical: `${at}/canonical.yaml`,
    secrets: `${at}/secrets.env`,
    compose: `${at}/compose.yaml`,
    env: `${at}/env`,
    before: `${at}/before.json`,
    manifest: `${at}/manifest.json`,
  };
}
