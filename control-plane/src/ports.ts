import type { Offer } from "@appos/shared/agent-link";
import type { Event } from "@appos/shared/events";
import type { ServerSample } from "@appos/shared/servers";
import type { StreamInput, StreamKind } from "@appos/shared/streams";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import type { Allowed } from "./outbound/allowed.ts";

/** Everything the control plane needs from the platform it runs on. */
export interface Ports {
  database: Database;
  rooms: Rooms;
  events: Events;
  clock: Clock;
  keys: Keys;
  downloads: Downloads;
  catalog: Catalog;
  outbound: Outbound;
  /** Reads git repositories; left out where no program can be started. */
  git?: GitSources;
  /** What is begun goes on after its request was answered; left out where it would be cut off: the next minute begins it there. */
  linger?(work: Promise<void>): void;
  log: Log;
  settings: Settings;
  /** This process, where several share the database; each link is held by one of them. */
  holder?: string;
}

/** What whoever runs AppOS has chosen. */
export interface Settings {
  version: string;
  /** Where people and agents reach it; undefined: wherever a request came to. */
  publicUrl: string | undefined;
  /** Agents say how their servers are doing always, or only while somebody looks: where each message costs. */
  samples: "always" | "asked";
  /** Why this machine itself is no server, where something is missing. Asked each time: it may be mended meanwhile. */
  localProblem(): string | null;
  /** The server that this very machine is, whose proxy reaches AppOS by a socket; or why there is none. */
  consoleServer(): Promise<{ id: string } | { problem: string }>;
  retention: Retention;
}

/** How long what is over is kept. What goes, goes oldest first. */
export interface Retention {
  /** Jobs that have ended, and what belongs to them. */
  jobDays: number;
  /** What they said: so long, and so much of it in all. */
  logDays: number;
  logBytes: number;
}

export type Database = BaseSQLiteDatabase<"async", unknown, Record<string, never>> & {
  /** All of it or none of it: libSQL's `batch("write")`. */
  batch<U extends Statement, T extends Readonly<[U, ...U[]]>>(statements: T): Promise<BatchResponse<T>>;
};

/** A query not yet made: a part of some batch. */
export type Statement = BatchItem<"sqlite">;

/** One room per server: where its agent and the browsers watching it meet. */
export interface Rooms {
  /** Says there may be work. It may be lost: a room also looks when an agent connects, a job ends or a minute passes. */
  wake(serverId: string): void;
  /** Makes an offer that has been written for the link of this number. It may be lost, as a wake-up may. */
  offer(serverId: string, offer: Offer, link: number): void;
  /** Closes every socket of a server that was removed; of one given another key, those up to this number: the next may be its new agent's. */
  revoke(serverId: string, upTo?: number): void;
  /** How the server is doing now, while it is up. */
  sample(serverId: string): Promise<ServerSample | undefined>;
  /** The number of the server's link; undefined while it has none. */
  link(serverId: string): Promise<number | undefined>;
  /** Has the server's agent end terminals, whoever looks on. It may be lost, as a wake-up may. */
  endTerminals(serverId: string, sessions: string[], why: string): void;
  /** Opens a stream on the server's agent; cancel the reader to close it. Throws SERVER_AWAY. */
  open<K extends StreamKind>(serverId: string, kind: K, input: StreamInput<K>): Promise<ReadableStream<Uint8Array>>;
}

/** `job.said`: entries of a job were stored. It is told to whoever reads that job's log, and to nobody else. */
export type Signal = Event | { type: "job.said"; id: string };

export interface Events {
  publish(signal: Signal): void;
  /** Hears of everything from when it resolves on, with how to leave; `after` an event's id, of everything since. "reset" comes first where that is not known. */
  subscribe(after: string | undefined, hear: (signal: Signal | "reset", id: string) => void): Promise<() => void>;
}

export interface Clock {
  /** Milliseconds UTC. */
  now(): number;
  /** Milliseconds since some moment: whoever sets the clock moves only the other. */
  elapsed(): number;
  /** Nobody sets it: what it shows is believed. */
  sure?: true;
}

export interface Keys {
  /** 32 bytes; not in the database. What is sealed, and who the control plane is, comes from it. */
  master: Uint8Array;
  /** RFC 7914. At most two run at a time. */
  scrypt(password: string, salt: Uint8Array, cost: { N: number; r: number; p: number; length: number }): Promise<Uint8Array>;
}

/** The agent as it is shipped. */
export interface Downloads {
  installer(): Promise<string>;
  /** SHA-256 in hex of the archive for an architecture as Node names it; undefined where there is none. */
  checksum(arch: string): Promise<string | undefined>;
  archive(arch: string): Promise<{ body: ReadableStream<Uint8Array>; bytes: number } | undefined>;
}

/** The templates that AppOS ships with, as the build left them: JSON of `Listed[]`, and of one `Shelved`. */
export interface Catalog {
  index(): Promise<string>;
  /** Undefined for what is in no index. */
  template(id: string): Promise<string | undefined>;
}

/** The way out to addresses that people name. Only outbound/ uses it, which checks each address and redirect. */
export interface Outbound {
  allowed: Allowed;
  /** One GET; redirects are not followed. What its host's name leads to is checked where it can be: then it is asked at an address that was checked. */
  ask(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response>;
}

/** Reads what a git repository holds, without checking it out and without running anything of it. */
export interface GitSources {
  /** The texts of its wanted files, of plain files only; none where it is still at the commit that is known. Throws OutboundFailed. */
  read(url: URL, wanted: GitWanted): Promise<{ commit: string; files: Map<string, string> | null }>;
}
export interface GitWanted {
  /** The usual one, where it is left out. */
  branch?: string | undefined;
  known?: string | undefined;
  wants(path: string): boolean;
  /** Of one file, at most; larger ones are left out. */
  fileBytes: number;
  bytes: number;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
