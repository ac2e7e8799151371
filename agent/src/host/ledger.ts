import { openSync, readFileSync, writeSync } from "node:fs";
import type { Ending, JobKind } from "@appos/shared/jobs";

/** One line of the ledger. */
export interface LedgerLine {
  /** Milliseconds by the host's monotonic clock, which all of its processes share and nobody sets. */
  at: number;
  /** Which start of the host that clock counts from. */
  boot: string;
  pid: number;
  job: string;
  kind: JobKind;
  attempt: number;
  what: "start" | "end";
  outcome?: Ending["outcome"];
}

interface Attempt {
  jobId: string;
  kind: JobKind;
  attempt: number;
}

/**
 * What tests compare with what the control plane says: every start and end of an attempt, written past the journal and the link.
 * Each line is one append, so that agents that should not run at once would not hide each other.
 */
export function ledger(path: string | undefined) {
  const file = path === undefined ? undefined : openSync(path, "a", 0o600);
  const boot = file === undefined ? "" : readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  function append(line: Omit<LedgerLine, "at" | "boot" | "pid">) {
    if (file === undefined) return;
    const at = Number(process.hrtime.bigint() / 1_000_000n);
    writeSync(file, `${JSON.stringify({ at, boot, pid: process.pid, ...line } satisfies LedgerLine)}\n`);
  }
  return {
    /** Runs an attempt between its two lines. */
    async around({ jobId: job, kind, attempt }: Attempt, run: () => Promise<Ending>): Promise<Ending> {
      append({ job, kind, attempt, what: "start" });
      const ending = await run();
      append({ job, kind, attempt, what: "end", outcome: ending.outcome });
      return ending;
    },
  };
}
