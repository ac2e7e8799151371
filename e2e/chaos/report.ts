import type { JobView } from "@appos/shared/jobs";
import type { Violation } from "./checker.ts";
import type { Applied } from "./nemesis.ts";
import type { Asked } from "./workload.ts";

export interface Outcome {
  seed: number;
  minutes: number;
  servers: number;
  jobs: JobView[];
  attempts: number;
  entries: number;
  asked: Asked[];
  applied: Applied[];
  /** How long after the last fault everything was over; undefined where it was not. */
  quietAfterMs: number | undefined;
  checked: string[];
  violations: Violation[];
  errors: string[];
}

const table = (head: string[], rows: (string | number)[][]) =>
  [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
const counted = <T>(items: T[], by: (item: T) => string) =>
  [...Map.groupBy(items, by)].map(([name, group]) => [name, group.length] as [string, number]).sort((a, b) => b[1] - a[1]);
const seconds = (ms: number) => (ms / 1_000).toFixed(1);

/** What happened and what held, for people. */
export function reportOf(outcome: Outcome): string {
  const { seed, minutes, servers, jobs, attempts, entries, asked, applied, quietAfterMs, checked, violations, errors } = outcome;
  const broken = new Set(violations.map(({ invariant }) => invariant));
  const quiet =
    quietAfterMs === undefined ? "Not everything ended in time" : `Everything was over ${seconds(quietAfterMs)} s after the last fault`;
  return `# Chaos, seed ${seed}

${minutes} minutes, ${servers} server${servers === 1 ? "" : "s"}, ${applied.length} faults, ${jobs.length} jobs in ${attempts} attempts, ${entries} log entries. ${quiet}.
${violations.length === 0 ? "Every invariant held." : `**${violations.length} violations.**`}
The seed fixes which faults and which orders come, in which order; real processes take their own time, so the same seed comes close, and not to the millisecond.

Again: \`npm run chaos -- --minutes ${minutes} --seed ${seed} --servers ${servers}\`

## Invariants

${table(
  ["invariant", "held"],
  checked.map((name) => [name, broken.has(name as Violation["invariant"]) ? "**no**" : "yes"]),
)}
${violations.map(({ invariant, says }) => `\n- **${invariant}** ${says}`).join("")}

## What was asked

${table(
  ["what", "times", "refused or unanswered"],
  asked.map(({ what, count, failed }) => [what, count, failed]),
)}

## How the jobs ended

${table(
  ["kind", "state", "jobs"],
  counted(jobs, ({ kind, state, error }) => `${kind}\t${state}${error ? ` (${error.code})` : ""}`).map(([name, count]) => [
    ...name.split("\t"),
    count,
  ]),
)}

## Faults

${table(
  ["fault", "times"],
  counted(applied, ({ fault }) => fault),
)}

| from | to | fault | server | |
| --- | --- | --- | --- | --- |
${applied.map(({ fault, server, from, to, note }) => `| ${seconds(from)} s | ${seconds(to)} s | ${fault} | ${server} | ${note.replaceAll("|", "\\|").split("\n")[0]} |`).join("\n")}

## What the programs logged as errors

${errors.length === 0 ? "Nothing." : errors.map((line) => `- ${line}`).join("\n")}
`;
}
