import type { AcmeAuthority, Certificate, ProxyDriver } from "@appos/shared/sites";

/** The ports of the server that are the proxy's, and the image of each kind of proxy. */
export interface ProxySettings {
  http: number;
  https: number;
  images: Record<ProxyDriver, string>;
  /** This kernel can give connections that a closed port has not taken yet to another one that is open. */
  migrates?: boolean;
  /** Where Nginx of the server itself is, and what it is configured by, where that is not where it usually is. */
  hostNginx?: { program: string; config: string } | undefined;
}

/** In lines. */
export interface Said {
  stdout: string[];
  stderr: string[];
}

/** Nginx as it is installed on the server itself, where it may serve what is not ours, too. */
export interface HostNginx {
  /** Runs it to its end, by what it is configured by or by another file; resolves with all that it said. Rejects with CommandFailed. */
  run(args: readonly string[], config?: string): Promise<Said>;
  /** Comes back once all of what listens on one of these ports of the server serves by what it is configured by now. */
  reload(...ports: number[]): Promise<void>;
  /** Whether it listens on one of these ports of the server. */
  hasPort(...ports: number[]): Promise<boolean>;
  /** Writes a file of AppOS's own among those of others, whole or not at all, or takes it away. */
  place(path: string, text: string | undefined): Promise<void>;
}

/** Files that are read by those processes of the server's own proxy that talk to visitors, which are nobody's. Nobody can list them. */
export interface Shown {
  readonly folder: string;
  readonly files: {
    share(texts: Record<string, string>): Promise<void>;
    list(path: string): Promise<string[]>;
    remove(path: string): Promise<void>;
  };
}

/** Caddy as it is installed on the server itself: the one that listens on a port of the proxy's. All but the first reject with CommandFailed while none does. */
export interface HostCaddy {
  /** What it was started with, and in which folder; undefined while none runs. */
  started(): Promise<{ args: string[]; folder: string } | undefined>;
  /** Runs the same program to its end, as whom and with what environment that one runs; resolves with all that it said. Rejects with CommandFailed. */
  run(args: readonly string[]): Promise<Said>;
  read(path: string): Promise<string | undefined>;
  /** Writes a file of AppOS's own among those of others, whole or not at all and for nobody else to read, or takes it away, which it does always. */
  place(path: string, text: string | undefined): Promise<void>;
  /** Files by their names, for it and nobody else to read. */
  readonly kept: {
    readonly folder: string;
    keep(texts: ReadonlyMap<string, string>): Promise<void>;
    /** Removes all others. */
    only(names: readonly string[]): Promise<void>;
  };
}

export interface Visit {
  name: string;
  path: string;
  https: boolean;
  port: number;
  host?: string;
  /** How long an answer is waited for, where not as long as usual. */
  limitMs?: number;
}
/** Null where nobody answered; the certificate is that of whoever answered, valid or not. */
export interface Visited {
  status: number | null;
  certificate: Certificate | null;
  /** Which proxy of AppOS it was that answered, where it says so. */
  proxy?: string;
  /** There is no way there from this server. */
  unasked?: boolean;
}

/** What is around the server, and how it is reached from there. */
export interface Surroundings {
  /** Where the proxy listens on this server, and what it is started from. */
  readonly proxy: ProxySettings;
  readonly hostNginx: HostNginx;
  readonly hostCaddy: HostCaddy;
  readonly shown: Shown;
  /** Asks a proxy for a page of a site, as a visitor would: this server's own, unless a host is named. Never rejects. */
  visit(site: Visit): Promise<Visited>;
  /** Whether the control plane answers at the address that this agent has, asked over a connection of its own. Never rejects. */
  reachesControlPlane(limitMs: number): Promise<boolean>;
  readonly names: Names;
  readonly outside: Outside;
  /** By which this server is reached in the networks that it is in. */
  addresses(): string[];
  readonly detour: Detour;
  /** All addresses that are this server's own, whoever knows of them, and the networks of Docker's, as in `172.18.0.0/16`. */
  ownPlaces(): Promise<{ addresses: string[]; networks: string[] }>;
  /** By which names CAA records allow an authority; undefined where it does not say. Never rejects. */
  caaIdentities(authority: Pick<AcmeAuthority, "directory" | "roots">): Promise<string[] | undefined>;
}

/** What the DNS says. It never rejects, and takes some seconds at most. */
export interface Names {
  addresses(name: string, family: 4 | 6): Promise<NamesLooked<string>>;
  /** The names that it stands for: one, or none. */
  aliases(name: string): Promise<NamesLooked<string>>;
  caa(name: string): Promise<NamesLooked<CaaRecord>>;
  /** The name servers of a zone. */
  servers(zone: string): Promise<NamesLooked<string>>;
  /** The TXT records of a name, as one name server has them: its address, and its port where that is not 53. */
  texts(name: string, at: { address: string; port?: number }): Promise<NamesLooked<string>>;
}
/** none: the name has no such record. failed: its name servers could not say (SERVFAIL). silent: no name server answered. */
export type NamesLooked<T> = { records: T[] } | { problem: "none" | "no-such-name" | "failed" | "refused" | "silent" };
/** Of RFC 8659. */
export interface CaaRecord {
  critical: boolean;
  tag: string;
  value: string;
}

/** Others whom this server asks for something. Both reject with words that go on from "could not be asked:". */
export interface Outside {
  /** Over HTTPS, by the usual roots. It is sent on nowhere, and reads no more than an answer may have. */
  ask(request: OutsideRequest, signal: AbortSignal): Promise<{ status: number; text: string }>;
  /** One DNS message and its answer, over TCP. */
  exchange(to: { host: string; port: number }, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}
export interface OutsideRequest {
  url: string;
  method: "GET" | "POST" | "DELETE";
  headers: Record<string, string>;
  body?: string;
}

/** A port that something in a container listens on: for all who come, for itself alone, or on some of its addresses. */
export interface ListeningSocket {
  port: number;
  on: "all" | "itself" | "some";
}

export interface Reached {
  network: string;
  address: string;
}

/** What it takes for one container to take over from another while requests go on. */
export interface Changeover {
  /** Who asks for it by its new name finds it from then on. */
  rename(id: string, name: string): Promise<void>;
  /** Resolves once it has ended, or was ended. */
  stop(id: string): Promise<void>;
  /** Whether somebody listens at its port in one of its networks. */
  accepts(id: string, network: string, port: number): Promise<boolean>;
  /** In which network, and at which address, the server itself reaches each of these: those that it does not reach are left out. */
  reached(ids: readonly string[]): Promise<Map<string, Reached>>;
  /** Its IPv4 address in one of its networks. */
  addressIn(id: string, network: string): Promise<string | undefined>;
  /**
   * How many connections from another container, from the server itself, or from anybody, to these ports of it are open; undefined where this
   * agent may not see that.
   */
  openConnections(id: string, ports: readonly number[], from: string | "host" | "anybody"): Promise<number | undefined>;
}

/** Leads those who come to the proxy's ports of this server somewhere else for a while. */
export interface Detour {
  /** New connections go to ports 80 and 443 of this IPv4 address; those that are open stay where they are. Rejects with CommandFailed. */
  open(to: string): Promise<void>;
  /** As it was, however much of it there is; what is open stays where it is. Rejects with CommandFailed. */
  close(): Promise<void>;
}
