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
  /** The Compose service, besides what is the same for every kind. */
  service: Record<string, unknown>;
  /** Volumes that Compose has to know of. */
  volumes: string[];
  /** Run in its container: whether it could serve by `next`. */
  check: readonly [string, ...string[]];
  /** Run in its container: serves by `config` from now on. */
  reload: readonly [string, ...string[]];
  /** The same, where nothing has changed: what it was waiting to try again, it tries at once. */
  again: readonly [string, ...string[]];
  /** Where its reload comes back before it has happened: a path that it answers with 204 only once it serves by this text. */
  mark?(text: string): string;
  /** It asks for names in lower case, in which Docker may not know a name that has others. */
  asksInLowerCase?: true;
  /** Who gets the certificates: the proxy itself, or this agent for it. */
  certificatesBy: "proxy" | "agent";
  /** The folder in its container where those are that it gets itself. */
  certificateFolder?: string;
  /** Which names it could get no certificate for, and why. */
  certificateProblems(names: string[], asked: Asked): Promise<Map<string, string>>;
}

export interface Asked {
  machine: Machine;
  /** What the proxy has said, the newest last. */
  lines(): Promise<string[]>;
}
