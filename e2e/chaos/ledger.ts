import { existsSync, readFileSync } from "node:fs";

/** One line, as an agent writes it. */
export interface Line {
  at: number;
  boot: string;
  pid: number;
  job: string;
  kind: string;
  attempt: number;
  what: "start" | "end";
  outcome?: string;
}

/** What agents on this host wrote of every start and end of an attempt, in the order in which they wrote it. */
export function readLedger(path: string): Line[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

/** An attempt, from its start to its end, or to the end of the process in which it ran. */
export interface Interval {
  job: string;
  attempt: number;
  pid: number;
  from: number;
  /** Infinity while it goes on. */
  to: number;
  outcome: string | undefined;
}

/** `deaths`: when the process of an agent ended. */
export function intervals(lines: Line[], deaths: ReadonlyMap<number, number>): Interval[] {
  return lines
    .filter(({ what }) => what === "start")
    .map(({ job, attempt, pid, at }) => {
      const end = lines.find((line) => line.what === "end" && line.job === job && line.attempt === attempt && line.pid === pid);
      return { job, attempt, pid, from: at, to: end?.at ?? deaths.get(pid) ?? Infinity, outcome: end?.outcome };
    });
}
