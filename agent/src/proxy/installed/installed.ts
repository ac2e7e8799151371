import type { Machine } from "../../machine/machine.ts";
import type { Driver } from "../driver.ts";
import type { Resolved } from "../resolved.ts";
import type { HostFacts } from "./host-facts.ts";

/** As one is set up just now. */
export interface Found {
  facts: HostFacts;
  /** What it serves already stays its own: says by throwing which of these names that is. */
  mustBeFree(names: string[]): void;
  /** Has all that it is configured by checked, with our next file in the place of the one that serves, and nothing changed that it reads. */
  check(): Promise<void>;
}

/** What AppOS has to know of one kind of proxy that is installed on the server itself, where it may serve what is not ours, too. */
export interface Installed {
  program: HostFacts["program"];
  /** As people call it, and as systemd does. */
  title: string;
  unit: string;
  /** A command by which it says what is wrong with what it is configured by; and one that shows all of that. */
  examine: string;
  show: string;
  driver: Driver;
  /** Where the files of keys are that its configuration speaks of. */
  keys(machine: Pick<Machine, "folder" | "hostCaddy">): string;
  /** How it is set up where nobody has looked yet. */
  usual(proxy: Machine["proxy"]): HostFacts;
  isRunning(machine: Machine): Promise<boolean>;
  /** Says by throwing what keeps it from serving domains. */
  find(machine: Machine): Promise<Found>;
  /** Comes back once it serves by what is in the agent's folder now, and without us where nothing is there. */
  reload(facts: HostFacts, machine: Machine): Promise<unknown>;
  /** From here on it reads our part. One that is told all of it when it reloads has nothing to be led to before. */
  lead?(facts: HostFacts, machine: Machine): Promise<void>;
  leave(facts: HostFacts, machine: Machine): Promise<void>;
  /** Whether what it would start by has this in it. */
  reads(facts: HostFacts, text: string, machine: Machine): Promise<boolean>;
  /** Puts the files in their place that what is rendered speaks of. */
  give(resolved: Resolved, machine: Machine): Promise<void>;
  /** Whether those are as they should be that may be other ones without anything being rendered anew. */
  hasAll?(resolved: Resolved, machine: Machine): Promise<boolean>;
  /** Takes those away that nothing speaks of any more; all of them, where nothing is served. */
  tidy(resolved: Resolved | undefined, machine: Machine): Promise<void>;
}
