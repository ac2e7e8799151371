import type { Danger } from "@appos/shared/plan";
import type { Category, Template, TemplateInput } from "@appos/shared/templates";
import type { Part } from "./reading.ts";

/** The text files of a source that its importer asked for, by their paths from its top. */
export type Files = ReadonlyMap<string, string>;

/** Something a source refers to and does not hold itself. */
export interface Need {
  /** The path under which its importer looks for it. */
  path: string;
  url: string;
  /** The file in a git repository at that address; left out where the address itself is the file's. */
  file?: string;
}

/** The one shape of every format. */
export interface Importer {
  /** Which files it reads. */
  wants(path: string): boolean;
  /** Whether a file of this name shows that a source has this format. */
  marks(path: string): boolean;
  /** Which files it needs besides those of the source. */
  needs?(files: Files): Need[];
  /** Its templates, each read only when `read` is called. */
  templates(files: Files): Iterable<Found>;
}

/** A template of a source, before anything but its name is known. */
export interface Found {
  /** As the source calls it. */
  id: string;
  name?: string;
  description?: string;
  categories?: string[];
  /** Throws Untranslatable. */
  read(): Draft;
}

/** What the source says of an input; what is left out is as in the schema. */
export type DraftInput = { [K in keyof TemplateInput]?: TemplateInput[K] | undefined };

export interface DraftRoute {
  service: string;
  port: number;
  path?: string | undefined;
  primary?: boolean;
  /** The variable that holds the port on the server. */
  key?: string;
  /** Which port of the server it would like to have. */
  from?: number | undefined;
}

/** A template in AppOS's words, but with the compose file still as its source has it. */
export interface Draft {
  name: string;
  version: string;
  description: string;
  about?: string | undefined;
  notes?: string | undefined;
  /** In the words of the source. */
  categories: string[];
  links: { website?: string | undefined; source?: string | undefined; docs?: string | undefined };
  arch?: string[] | undefined;
  memoryMiB?: number | undefined;
  model: Part;
  inputs: Map<string, DraftInput>;
  /** Of these its platform makes the file .env beside the compose file; of all, where it is left out. */
  dotenv?: string[];
  routes: DraftRoute[];
  /** Files that it brings, by the path below the app's folder under which it mounts them. */
  files: Map<string, { content: string; fill?: boolean }>;
  /** Scripts that its own platform would run. */
  hooks: string[];
  /** What could not be taken over, in sentences. */
  dropped: Set<string>;
}

/** A template of a source, translated, or listed with the reason why it could not be. */
export interface Imported {
  id: string;
  name: string;
  version: string;
  description: string;
  categories: Category[];
  template: Template | null;
  dangers: Danger[];
  dropped: string[];
  /** Why it cannot be installed; null where it can. */
  problem: string | null;
}
