import type { Disk } from "../journal/disk.ts";
import type { fakeDisk } from "./fake-disk.ts";
import type { Login } from "@appos/shared/registries";
import type { AddressSpace, Command, ComposeProject, Container, LogPart, Machine, Pty, PtyOptions, TakenPort } from "./machine.ts";

/** A server in memory, with a clock that moves when something waits. Everything succeeds unless told otherwise. */
export interface FakeServer {
  machine: Machine;
  files: Map<string, string>;
  /** What was run, as text. */
  commands: string[];
  /** What programs were given to log in with. */
  logins: Login[];
  containers: Container[];
  /** Compose projects that somebody started on it by hand. */
  projects: ComposeProject[];
  /** What makes images stay. */
  keepers: { project: string; id: string; imageId: string }[];
  images: Set<string>;
  /** Why Docker cannot be used. */
  dockerProblem: string | undefined;
  policy: string | undefined;
  /** Comes before every command, and may throw in its place. */
  onRun: (command: Command) => void | Promise<void>;
  /** What becomes of a container that is started. */
  onStart: (container: Container) => void;
  /** Comes whenever time goes by. */
  onSleep: (now: number) => void;
  /** What is at a terminal that is opened, in a container or on the server itself. */
  onTerminal: (terminal: PtyOptions & { container?: Container }) => Pty | undefined;
  /** What a registry has to say to a login, or has behind an image's tag; may throw in its place. */
  onRegistry: (asked: { image?: string; login?: Login | undefined }) => string | undefined;
  /** What each container has said, by its name. */
  logs: Map<string, LogPart[]>;
  /** Folders that are disks of their own. */
  disks: Map<string, ReturnType<typeof fakeDisk> & { mounted: Disk }>;
  /** What its engine says before anything happens. */
  facts: {
    volumes: Map<string, { empty: boolean }>;
    ports: TakenPort[];
    space: AddressSpace;
    published: Map<string, { digest: string; architectures: string[] }>;
    arch: string;
  };
}
