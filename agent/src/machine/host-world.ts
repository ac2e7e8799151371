import type { ProxySettings } from "./machine.ts";

/** A proxy that somebody has installed, with sites of its own: `theirs.test` and all below it, and who answers for names of nobody's. */
export interface HostWorld {
  title: "Caddy" | "Nginx";
  driver: "caddy" | "nginx";
  settings?: ProxySettings["hostNginx"];
  at(...path: string[]): string;
  /** What there is in its folder when nothing of ours is. */
  files: string[];
  /** Our one file there. */
  own: string;
  /** What is written beside its main file while that is checked. */
  beside: string;
  /** Has it refuse all that it is configured by; and has that mended. */
  breakIt(): void;
  mend(): void;
  /** What it then says. */
  complaint: RegExp;
  /** Other containers serve only once it has taken another configuration. */
  reloadsToDeploy: boolean;
  /** Whether it would start by what is there now. */
  passes(): void;
  reload(): void;
  /** Files of its folder were copied, and are whose they were. */
  copied(): void;
  /** The file of a site's key. */
  keyOf(name: string): string;
  keyMode: number;
  stop(): Promise<void>;
  restart(): Promise<void>;
  end(): Promise<void>;
}
