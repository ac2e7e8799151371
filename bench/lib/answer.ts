import type { Summary } from "./statistics.ts";

/** One thing measured, beside a peer or a limit measured in the same run. */
export interface Row {
  what: string;
  unit: "ms" | "MB" | "kB" | "%" | "MB/s" | "lines/s" | "jobs/s" | "s" | "×" | "requests" | "requests/s" | "sockets";
  here: Summary;
  peer?: Summary & { name: string };
  /** Here, for 1 of the peer's. */
  ratio?: { p50: number; p95: number; p99: number };
  /** What DESIGN section 9 asks for, and whether this run kept to it. */
  budget?: { says: string; kept: boolean };
}

export interface Answer {
  question: string;
  rows: Row[];
  tookSeconds: number;
}
