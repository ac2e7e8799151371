import type { PublishedPort, ServiceState } from "@appos/shared/apps";
import type { LogLine } from "@appos/shared/logs";
import type { ServerFacts, ServerSample } from "@appos/shared/servers";

/** The server the agent runs on, as its jobs and streams see it. */
export interface Machine {
  /** The agent's own folder, absolute. */
  readonly folder: string;
  readonly files: Files;
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
  /** What is missing of Docker and Compose, and what to do about it; undefined where both are there. */
  dockerProblem(): Promise<string | undefined>;
  /** Who listens on a port of this server, for people; undefined when that cannot be found out. */
  portHolder(port: number): Promise<string | undefined>;
  /** The text of the server's policy file; undefined where there is none. */
  policyText(): Promise<string | undefined>;
  facts(): Promise<ServerFacts>;
  sample(): Promise<ServerSample>;
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

/** A program's name and its arguments. */
export type Command = readonly [Program, ...string[]];
export type Program = "docker-compose";

export interface RunOptions {
  signal?: AbortSignal;
  /** An answer is waited for before more is read: who speaks too fast is slowed down. */
  onLine?(stream: "stdout" | "stderr", text: string): Promise<void> | undefined;
  timeoutMs?: number;
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
  read(path: string): Promise<string | undefined>;
  /** The names in a folder; none where there is no folder. */
  list(path: string): Promise<string[]>;
  /** A file, or a folder with all that is in it. */
  remove(path: string): Promise<void>;
  /** The first link on the way from a folder to a path below it; undefined where there is none. Also outside the agent's folder. */
  linkOnTheWay(folder: string, path: string): Promise<string | undefined>;
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
}
/** The resolved model, or what Compose said instead. */
export type ComposeAnswer = { model: unknown; warnings: string[] } | { problem: string[] };

export interface Container {
  id: string;
  appId: string | null;
  project: string;
  /** Made by `run`, not by `up`. */
  oneOff: boolean;
  status: ServiceState;
  /** The image's id. */
  imageId: string;
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
export interface Engine {
  ping(): Promise<void>;
  /** All containers, running or not, of an app or of a project. */
  containers(of: { appId: string } | { project: string } | "apps"): Promise<Container[]>;
  /** Those images that are here, by the name they were asked for. */
  images(names: readonly string[]): Promise<Map<string, Image>>;
  removeContainer(id: string): Promise<void>;
  /** The names of a project's volumes. */
  volumes(project: string): Promise<string[]>;
  removeVolume(name: string): Promise<void>;
  /** The names of a project's networks. */
  networks(project: string): Promise<string[]>;
  removeNetwork(name: string): Promise<void>;
  /** Which container of the server publishes a port. */
  publisher(port: PublishedPort["hostPort"]): Promise<string | undefined>;
  /** A container's log, as many lines at a time as come together; `onLines` is waited for. Resolves at its end or when the signal aborts. */
  logs(container: Container, question: LogQuestion, onLines: (parts: LogPart[]) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** A shell in a running container; undefined where the container has none. */
  openExec(container: Container, options: PtyOptions): Promise<Pty | undefined>;
  /** Says whose containers changed, for ever; null when it may be anyone's: the engine came, or went away. Ends with the signal. */
  watch(onChange: (appId: string | null) => void, signal: AbortSignal): void;
}
