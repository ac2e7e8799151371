import { readFileSync } from "node:fs";

const TICKS_A_SECOND = 100;

/** What a process holds of the machine's memory, in MB. `pss` shares out what it has in common with others. */
export function memoryOf(pid: number) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)![1]) / 1_024;
  return { rss: megabytes("Rss"), pss: megabytes("Pss") };
}

/** Seconds of processor time a process has used. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
