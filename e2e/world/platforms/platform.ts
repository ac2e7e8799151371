/** A control plane where it runs, and what a story may do to it there. */
export interface Place {
  /** Where people, programs and agents reach it. */
  url: string;
  /** Each of its processes alone. */
  urls: string[];
  /** The one-time link by which it is set up. */
  setupUrl(): Promise<string>;
  /** What it has printed since it was started last. */
  log(): string;
  /** As a power cut would: of several processes, the one that holds the link that an agent opened last. */
  kill9(): Promise<void>;
  /** What was killed or stopped; resolves when it answers. */
  start(): Promise<void>;
  stop(): Promise<unknown>;
}

/** Starts one that is empty; resolves when it answers. */
export type Platform = (env: Record<string, string>) => Promise<Place>;
