import type { PublishedPort, ServiceState } from "@appos/shared/apps";
import type { LogLine } from "@appos/shared/logs";
import type { Login } from "@appos/shared/registries";
import type { ServerFacts, ServerSample } from "@appos/shared/servers";
import type { Disk } from "../journal/disk.ts";
import type { Authority, CertificateOrder, Issued } from "./authority.ts";
import type { AddressSpace, EngineFacts, ImageFacts, TakenPort } from "./engine-answers.ts";
import type { Changeover, ListeningSocket, Surroundings } from "./visits.ts";

export type { CertificateOrder, Issued };
export type { AddressSpace, EngineFacts, ImageFacts, TakenPort };
export type {
  CaaRecord,
  Changeover,
  Detour,
  HostCaddy,
  HostNginx,
  ListeningSocket,
  Names,
  NamesLooked,
  Outside,
  ProxySettings,
  Said,
  Shown,
  Visit,
  Visited,
} from "./visits.ts";

/** The server the agent runs on, as its jobs and streams see it. */
export interface Machine extends Surroundings {
  /** The agent's own folder, absolute. */
  readonly folder: string;
  readonly files: Files;
  /** A folder below the agent's as a disk of its own, for what is added to and read in parts; undefined while there is no such folder. */
  disk(path: string, how: "make" | "look"): Promise<OpenDisk | undefined>;
  /** Makes bytes few. */
  pack(bytes: Uint8Array): Promise<Uint8Array>;
  /** What was packed; rejects where it is not whole. */
  unpack(bytes: Uint8Array): Promise<Uint8Array>;
  readonly engine: Engine;
  /** Milliseconds UTC, by a clock that may be set. */
  now(): number;
  /** Milliseconds, by a clock that never jumps: how long something took. */
  elapsed(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs a program to its end, line by line, in a clean environment. Rejects with CommandFailed, or with the signal's reason once all of it is gone. */
  run(command: Command, options?: RunOptions): Promise<void>;
  /** `docker compose config`, where it sees nothing but what it is given. */
  resolveCompose(question: ComposeQuestion, signal: AbortSignal): Promise<ComposeAnswer>;
  /** A file that a compose project is made of, below the folder it was started from. */
  projectFile(directory: string, path: string): Promise<ProjectFile>;
  /** What is missing of Docker and Compose, and what to do about it; undefined where both are there. */
  dockerProblem(): Promise<string | undefined>;
  /** Who listens on a port of this server, on any address or on one, for people; undefined when that cannot be found out. */
  portHolder(port: number, on?: { ip: string; protocol: string }): Promise<string | undefined>;
  /** The text of the server's policy file; undefined where there is none. */
  policyText(): Promise<string | undefined>;
  facts(): Promise<ServerFacts>;
  sample(): Promise<ServerSample>;
  /** Where certificates come from that the proxy does not get by itself. */
  readonly authority: Authority;
  /** A login shell of the user that runs the agent. Rejects with a sentence where there can be none. */
  openPty(options: PtyOptions): Promise<Pty>;
}

/** Its id marks every program of a terminal. */
export interface PtyOptions {
  id: string;
  cols: number;
  rows: number;
}

/** A program at a terminal of its own. */
export interface Pty {
  /** Hears its output, in order; the bytes may be kept only by copying them. */
  listen(hear: (bytes: Uint8Array) => void): void;
  /** Resolves once its terminal has taken all of them: a program that does not read is waited for. */
  write(bytes: Uint8Array): Promise<void>;
  /** No more output until it is resumed, so that a program that goes on writing has to wait. */
  pause(): void;
  resume(): void;
  resize(cols: number, rows: number): void;
  /** Hangs up: every program of this terminal is told, and those that stay are ended. Resolves once all are gone. */
  end(): Promise<void>;
  /** Resolves after the last of its output, when all of its programs are gone. */
  readonly exited: Promise<PtyExit>;
}
export interface PtyExit {
  /** Null when it was ended by a signal. */
  code: number | null;
  signal: string | null;
}

/** What it holds open is let go by `close`. */
export type OpenDisk = Disk & { close(): Promise<void> };

/** A program's name and its arguments. */
export type Command = readonly [Program, ...string[]];
export type Program = "docker-compose";

export interface RunOptions {
  signal?: AbortSignal;
  /** An answer is waited for before more is read: who speaks too fast is slowed down. */
  onLine?(stream: "stdout" | "stderr", text: string): Promise<void> | undefined;
  timeoutMs?: number;
  /** Comes before the program has the engine stop or remove a container. A removal waits for the answer. */
  beforeRemoval?(container: string, act: "stop" | "remove"): Promise<void>;
  /** Who it is to registries: kept in memory while it runs, and neither on a disk nor among its arguments. */
  logins?: readonly Login[];
}

/** A program did not do what it was asked to. */
export class CommandFailed extends Error {
  /** Null when it was ended by a signal or never began. */
  readonly exitCode: number | null;
  /** The last of what it said. */
  readonly lines: string[];
  constructor(message: string, exitCode: number | null, lines: string[]) {
    super(message);
    this.exitCode = exitCode;
    this.lines = lines;
  }
}

/** Files below the agent's folder. What was written survives a power cut, whole or not at all. */
export interface Files {
  /** All of them, each by its absolute path; folders are made. */
  write(texts: Record<string, string>): Promise<void>;
  /** The same, for whoever comes to the folder: a container that is given it. The folders above let nobody pass. */
  share(texts: Record<string, string>): Promise<void>;
  read(path: string): Promise<string | undefined>;
  /** The names in a folder; none where there is no folder. */
  list(path: string): Promise<string[]>;
  /** A file, or a folder with all that is in it. */
  remove(path: string): Promise<void>;
  /** The first link on the way from a folder to a path below it; undefined where there is none. Also outside the agent's folder. */
  linkOnTheWay(folder: string, path: string): Promise<string | undefined>;
  /** What is at a path, also outside the agent's folder: the names in a folder, none for a file; undefined where nothing is. */
  look(path: string): Promise<{ folder: boolean; names: string[] } | undefined>;
  /** A file with these bytes, at a path below a folder that containers may write to: no link on the way is followed. `keep`: a file that is there stays as it is. */
  place(folder: string, path: string, bytes: Uint8Array, how: { executable: boolean; keep: boolean }): Promise<void>;
  /** Takes such a file away, and the folders that are empty without it; unless its SHA-256 in hex is another: then it stays, and the answer is true. */
  unplace(folder: string, path: string, sum: string): Promise<boolean>;
  /** A folder for an app's data, where nothing is yet. */
  makeDataFolder(path: string): Promise<void>;
}

export interface ComposeQuestion {
  project: string;
  /** The app's folder: what relative paths start from. */
  folder: string;
  compose: string;
  /** The text of the `.env` file beside it. */
  env: string;
  /** Further files in the app's folder. */
  files: readonly { path: string; bytes: Uint8Array }[];
  /** Those of them that are compose files, too: each changes what came before it. */
  more?: readonly string[];
}
/** The resolved model, or what Compose said instead. */
export type ComposeAnswer = { model: unknown; warnings: string[] } | { problem: string[] };

export type ProjectFile = { text: string } | { problem: string };

/** A compose project, as it is written on its containers. */
export interface ComposeProject {
  project: string;
  /** What it was started from. */
  directory: string | null;
  configFiles: string[];
  envFiles: string[];
  /** All of its containers say the same of that. */
  agreed: boolean;
  containers: Container[];
}

export interface Container {
  id: string;
  appId: string | null;
  project: string;
  /** Made by `run`, not by `up`. */
  oneOff: boolean;
  /** The release it was made for; null where nobody said. */
  release?: number | null;
  status: ServiceState;
  /** Of all networks it is in. */
  networks: string[];
  /** The image's id. */
  imageId: string;
  /** What Compose made it from, as Compose sums it up; null where Compose did not make it. */
  configHash: string | null;
  /** What `docker update` can change of it, as it is now. */
  limits: string;
  restartPolicy: "no" | "always" | "on-failure" | "unless-stopped";
  tty: boolean;
  /** How long its health check may take to come to a verdict; null where it has none. */
  healthLimitMs: number | null;
  /** What its health check said last. */
  healthLines: string[];
}

export interface Image {
  id: string;
  /** As its registry knows it; the id for an image made here. */
  digest: string;
  /** All under which its registry knows it; none for an image made here. */
  digests: string[];
}

export interface LogQuestion {
  /** How many of the newest lines; all when left out. */
  tail?: number | undefined;
  /** Milliseconds UTC. */
  since?: number | undefined;
  /** The stamp of the last line that is known already. */
  after?: string | undefined;
  follow: boolean;
}
export interface LogPart {
  stream: LogLine["stream"];
  /** When, to the nanosecond, as the engine writes it. */
  stamp: string;
  text: string;
}

/** The Docker Engine. Everything rejects where none answers. */
export interface Engine extends EngineFacts, Changeover {
  ping(): Promise<void>;
  /** All containers, running or not, of an app or of a project. */
  containers(of: { appId: string } | { project: string } | "apps"): Promise<Container[]>;
  /** Those images that are here, by the name they were asked for. */
  images(names: readonly string[]): Promise<Map<string, Image>>;
  /** The digest that is behind an image's tag now, as its registry says. Rejects with the engine's words. */
  remoteDigest(image: string, login: Login | undefined): Promise<string>;
  /** Has a registry look at a login. Rejects with the engine's words. */
  tryLogin(login: Login): Promise<void>;
  removeContainer(id: string): Promise<void>;
  /** The names of a project's volumes. */
  volumes(project: string): Promise<string[]>;
  removeVolume(name: string): Promise<void>;
  /** The names of a project's networks. */
  networks(project: string): Promise<string[]>;
  /** The server's own addresses in them: whom Docker forwards itself, it forwards from one of these. */
  gateways(project: string): Promise<string[]>;
  removeNetwork(name: string): Promise<void>;
  /** Has containers of other projects leave the networks of this one. */
  showOutGuests(project: string): Promise<void>;
  /** Every compose project that has containers here, or the one of that name. */
  projects(only?: string): Promise<ComposeProject[]>;
  /** Makes an image stay for a project though nothing runs it: no pruning of images takes it away. */
  keepImage(project: string, imageId: string): Promise<void>;
  /** What makes images stay for a project: containers that never run. */
  imageKeepers(project: string): Promise<{ id: string; imageId: string }[]>;
  /** Which container of the server publishes a port. */
  publisher(port: PublishedPort["hostPort"]): Promise<string | undefined>;
  /** A container's log, as many lines at a time as come together; `onLines` is waited for. Resolves at its end or when the signal aborts. */
  logs(container: Container, question: LogQuestion, onLines: (parts: LogPart[]) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Runs a program in a running container to its end, and says what it said. Rejects with CommandFailed. */
  runInside(container: Container, command: readonly [string, ...string[]], timeoutMs: number): Promise<string[]>;
  /** What listens in a running container; undefined where that cannot be found out. */
  listeners(container: Container): Promise<ListeningSocket[] | undefined>;
  /** The texts of all files in a folder of a container, by their paths below it; none where there is no such folder. */
  readFolder(container: Container, path: string): Promise<Map<string, string>>;
  /** Has a container join a network, where it is not in it yet. */
  joinNetwork(container: Container, network: string): Promise<void>;
  /** Has it leave one, where it is in it. */
  leaveNetwork(container: Container, network: string): Promise<void>;
  /** A shell in a running container; undefined where the container has none. */
  openExec(container: Container, options: PtyOptions): Promise<Pty | undefined>;
  /** Says whose containers changed, for ever, and which of them ends or has ended; null when it may be anyone's: the engine came, or went away. Ends with the signal. */
  watch(onChange: (appId: string | null, ending?: string) => void, signal: AbortSignal): void;
}
