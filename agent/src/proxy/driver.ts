import type { Machine } from "../machine/machine.ts";
import type { Resolved } from "./resolved.ts";

/** What AppOS has to know of one kind of proxy. It runs in a container of its own, and reads one file. */
export interface Driver {
  /** Its file's name, and that of the one that is tried before it takes its place: both in the folder that is `/etc/appos-proxy` to it. */
  config: string;
  next: string;
  /** The whole file. */
  render(model: Resolved): string;
  /** Further files that what is rendered speaks of, by their names in the same folder; each has another name for another text. */
  files?(model: Resolved): Record<string, string>;
  /** The Compose service, besides what is the same for every kind. What it reads once when it starts is named in its command. */
  service(model: Resolved): Record<string, unknown>;
  /** When it reloads it opens its ports once more, and closes those of before. */
  opensAnew?: true;
  /** Volumes that Compose has to know of. */
  volumes: string[];
  /** Run in its container: whether it could serve by `next`. */
  check?: Command;
  /** For one that has no program for that: run in its container, whether it serves by `config`, with which it is then tried. */
  serves?: Command;
  /** Run in its container: serves by `config` from now on. One without watches its files. */
  reload?: Command;
  /** The same, where nothing has changed: what it was waiting to try again, it tries at once. */
  again?: Command;
  /** Where it may go on for a moment by what was before: what it answers at which path only once it serves by this text. */
  mark?(text: string): Mark;
  /** What it has said since then that it does not take of its configuration, where it then serves by the rest. */
  complaint?(lines: string[], since: number): string | undefined;
  /** Who serves where that can change (see Beside), of one that does not look for it by itself. */
  choices?: Choices;
  /** It asks for names in lower case, in which Docker may not know a name that has others. */
  asksInLowerCase?: true;
  /** Who gets the certificates: the proxy itself, or this agent for it. */
  certificatesBy: "proxy" | "agent";
  /** Where those are that it gets itself, in its container; and those of a name among the texts of that folder's files. */
  certificates?: { folder: string; of(name: string, texts: ReadonlyMap<string, string>): KeyAndChain[] };
  /** It asks its authority once for what it is told to, and again only when it is told anything else: see who-to-ask.ts. */
  asksWhenTold?: true;
  /** Which names it could get no certificate for, and why. */
  certificateProblems(names: string[], asked: Asked): Promise<Map<string, string>>;
}

type Command = readonly [string, ...string[]];

export interface Mark {
  /** At which name; any, where none is said. */
  name?: string;
  path: string;
  status: number;
}

/** Files of a folder that it watches, one for each service that can go over. Their names are those in the folder that it reads. */
export interface Choices {
  folder: string;
  /** Of what Beside calls `file`. */
  file(of: string): string;
  /** `live`: what is in the folder of that name. */
  texts(model: Resolved, live: ReadonlySet<string>): Record<string, string>;
  /** One that serves also whom the former one names: the configuration that speaks of them goes on for a moment. */
  both(text: string, former: string): string;
}

/** In PEM. */
export interface KeyAndChain {
  key: string;
  chain: string;
}

export interface Asked {
  machine: Machine;
  /** What the proxy has said, the newest last. */
  lines(): Promise<string[]>;
}
