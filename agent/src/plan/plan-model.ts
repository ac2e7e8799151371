import type { ConfigFile } from "@appos/shared/config-files";
import type { AppFolder, ReleaseFiles } from "../jobs/app-folder.ts";
import { list, map, type Part, text } from "../policy-model.ts";
import { cleanPath, isBelow } from "../policy-mounts.ts";

/** A release that is not there yet, and what it would take the place of. */
export interface Next {
  /** What would run, as Compose resolved it. */
  model: Part;
  /** What runs; undefined where nothing does. */
  running: Part | undefined;
  before: ReleaseFiles | undefined;
  app: AppFolder;
  files: readonly ConfigFile[];
}

/** Where a service finds something: a volume by the name it has in the engine, a folder by its path. */
export interface Mount {
  service: string;
  kind: "volume" | "folder";
  /** The volume's name, or the path. */
  name: string;
  /** As the compose file calls it. */
  shown: string;
  target: string;
  readOnly: boolean;
  /** Docker makes a folder where nothing is. */
  makes: boolean;
}

export const servicesOf = (model: Part | undefined): [name: string, definition: Part][] =>
  Object.entries(map(model?.services)).map(([name, definition]) => [name, map(definition)]);

/** Everything that services mount by a name. */
export function mountsOf(model: Part | undefined, app: AppFolder): Mount[] {
  const volumes = map(model?.volumes);
  return servicesOf(model).flatMap(([service, definition]) =>
    list(definition.volumes)
      .map(map)
      .flatMap((mount): Mount[] => {
        const [type, source] = [text(mount.type), text(mount.source)];
        const common = { service, target: text(mount.target), readOnly: mount.read_only === true };
        if (type === "volume" && source !== "") {
          return [{ ...common, kind: "volume", name: text(map(volumes[source]).name) || source, shown: source, makes: false }];
        }
        if (type !== "bind") return [];
        const name = cleanPath(source);
        return [{ ...common, kind: "folder", name, shown: shownPath(name, app), makes: map(mount.bind).create_host_path === true }];
      }),
  );
}

/** As a person wrote it. */
export const shownPath = (path: string, { directory }: AppFolder) =>
  isBelow(path, directory) ? `./${path.slice(directory.length + 1)}` : path;

/** Words in a sentence: a, b and c. */
export const listed = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
