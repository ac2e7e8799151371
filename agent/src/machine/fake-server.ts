import type { Disk } from "../journal/disk.ts";
import type { fakeDisk } from "./fake-disk.ts";
import type { Login } from "@appos/shared/registries";
import type { Said } from "./visits.ts";
import type {
  AddressSpace,
  CaaRecord,
  CertificateOrder,
  Command,
  ComposeProject,
  Container,
  Issued,
  ListeningSocket,
  LogPart,
  Machine,
  Outside,
  Pty,
  PtyOptions,
  TakenPort,
  Visit,
  Visited,
} from "./machine.ts";

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
  /** What a program says that is run in a container; may throw in its place. */
  onInside: (container: Container, command: readonly string[]) => string[];
  /** What Nginx of the server itself says; may throw in its place. */
  onHostNginx: (args: readonly string[], config: string | undefined) => Said;
  hostNginxRuns: boolean;
  hostCaddy: { started: { args: string[]; folder: string } | undefined; onRun(args: readonly string[]): Said };
  /** Whether a container takes a connection. */
  onConnect: (to: { id: string; network: string; port: number }) => boolean;
  /** Whether the control plane can be reached from it. */
  onReach: () => boolean;
  /** How the proxy answers. */
  onVisit: (site: Visit) => Visited;
  /** What the DNS says: what is left out is no name. */
  dns: Map<
    string,
    {
      a?: string[];
      aaaa?: string[];
      cname?: string;
      caa?: CaaRecord[];
      ns?: string[];
      txt?: string[];
      fails?: "failed" | "refused" | "silent";
    }
  >;
  /** By which it is reached. */
  addresses: string[];
  caaIdentities: string[] | undefined;
  /** What others answer to it. */
  onAsk: Outside["ask"];
  /** What listens in each container, by its name. */
  listeners: Map<string, ListeningSocket[]>;
  /** What an authority issues; may throw in its place. */
  onIssue: (order: CertificateOrder) => Promise<Issued>;
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
