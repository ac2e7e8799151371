import { type Entry, type JobView, openStates } from "@appos/shared/jobs";
import { numbersIn } from "./engine-front.ts";
import type { Facts } from "./facts.ts";
import { intervals, type Line } from "./ledger.ts";

export interface Violation {
  invariant: Invariant;
  says: string;
}

/** An agent gives up a job that took it down three times; a fourth attempt only cleans up. */
const ATTEMPTS = 4;
/** How a failed job of this error's code ended on its server. */
const failedAs: Record<string, (string | undefined)[]> = {
  INTERRUPTED: ["cut off", undefined],
  QUARANTINED: ["cut off", "failed", undefined],
};
const temporary = /^[0-9a-f]{12}_/;
const isOver = ({ state }: JobView) => !openStates.includes(state);

/** What must hold once the faults are over and all is quiet: each answers with what is against it. */
const invariants = {
  "I-ACK": ({ answered, jobs }: Facts) => {
    const known = new Map(jobs.map((job) => [job.id, job]));
    const lost = answered.filter(({ jobId }) => !known.has(jobId)).map(({ jobId }) => `${jobId} was answered with 2xx and is not there`);
    const byKey = Map.groupBy(
      answered.filter(({ key }) => key !== undefined),
      ({ key }) => key,
    );
    const twice = [...byKey].flatMap(([key, group]) => {
      const ids = new Set(group.map(({ jobId }) => jobId));
      return ids.size > 1 ? [`the key ${key} made ${ids.size} jobs: ${[...ids].join(", ")}`] : [];
    });
    return [...lost, ...twice];
  },

  "I-ONCE": ({ ledger }: Facts) =>
    startsByJob(ledger).flatMap(([job, starts]) => {
      const attempts = starts.map(({ attempt }) => attempt);
      const inOrder = attempts.every((attempt, i) => attempt === i + 1);
      if (!inOrder) return [`${job} was begun as attempts ${attempts.join(", ")}`];
      return attempts.length > ATTEMPTS ? [`${job} was begun ${attempts.length} times`] : [];
    }),

  "I-RESULT": ({ jobs, ledger }: Facts) =>
    jobs.filter(isOver).flatMap((job) => {
      const lines = ledger.filter((line) => line.job === job.id);
      const last = lines.at(-1);
      const ran = last?.what === "end" ? last.outcome : last && "cut off";
      const fits: Record<string, (string | undefined)[]> = {
        succeeded: ["succeeded"],
        failed: failedAs[job.error?.code ?? ""] ?? ["failed", undefined],
        canceled: ["canceled", undefined],
        superseded: [undefined],
        lost: ["cut off", undefined],
      };
      return fits[job.state]!.includes(ran) ? [] : [`${job.id} is ${job.state}, and on its server it is ${ran ?? "not begun"}`];
    }),

  "I-MUTEX": ({ jobs, ledger, deaths }: Facts) => {
    const appOf = new Map(jobs.map(({ id, appId }) => [id, appId ?? id]));
    const byApp = Map.groupBy(intervals(ledger, deaths), ({ job }) => appOf.get(job) ?? job);
    return [...byApp.values()].flatMap((group) => {
      const sorted = group.toSorted((a, b) => a.from - b.from);
      return sorted.flatMap((next, i) => {
        const before = sorted[i - 1];
        return before && before.to > next.from ? [`${next.job} began at ${next.from}, while ${before.job} ran until ${before.to}`] : [];
      });
    });
  },

  "I-ORDER": ({ jobs, ledger }: Facts) => {
    const number = new Map(jobs.map(({ id }, i) => [id, i]));
    const begun = startsByJob(ledger).flatMap(([id]) => jobs.filter((job) => job.id === id));
    const byApp = Map.groupBy(begun, ({ appId }) => appId);
    return [...byApp.values()].flatMap((group) =>
      group.flatMap(({ id }, i) => {
        const before = group[i - 1];
        return before && number.get(before.id)! > number.get(id)! ? [`${id} began after ${before.id}, which was asked for later`] : [];
      }),
    );
  },

  "I-TRUTH": ({ apps }: Facts) =>
    apps.flatMap(({ view, compose, containers }) => {
      const shown = view.services.map(({ container, image, state }) => `${container} ${image} ${state}`).sort();
      const real = containers.map(({ name, image, state }) => `${name} ${image} ${state}`).sort();
      if (shown.join() !== real.join()) return [`${view.name} is shown as [${shown}], and Docker has [${real}]`];
      const wanted = [...(compose ?? "").matchAll(/^ *image: (\S+)$/gm)].map(([, image]) => image);
      const strange = containers.filter(({ image }) => compose !== undefined && !wanted.includes(image));
      const other = strange.map(({ name, image }) => `${name} runs ${image}, and the live version is of ${wanted}`);
      const isUp = containers.length > 0 && containers.every(({ state }) => state === "running");
      return view.status === "running" && !isUp ? [...other, `${view.name} is said to run, and Docker has [${real}]`] : other;
    }),

  "I-LOG": ({ jobs, entries }: Facts) =>
    jobs.flatMap((job) => {
      const said = entries.get(job.id) ?? [];
      const gap = said.find(({ seq }, i) => seq !== i + 1);
      if (gap) return [`${job.id}: entry ${said.indexOf(gap) + 1} has the number ${gap.seq}`];
      return wordProblems(said).map((problem) => `${job.id}: ${problem}`);
    }),

  "I-CANCEL": ({ jobs, programs }: Facts) =>
    jobs
      .filter(({ state }) => state === "canceled")
      .flatMap((job) =>
        programs.filter(({ command }) => command.includes(`appos-${job.appName} `)).map(({ command }) => `${job.id}: ${command} runs on`),
      ),

  "I-LEAK": ({ apps, programs, leftovers }: Facts) => [
    ...apps.flatMap(({ containers }) =>
      containers.filter(({ name }) => temporary.test(name)).map(({ name }) => `the container ${name} was left`),
    ),
    ...programs.map(({ pid, command }) => `process ${pid} was left: ${command}`),
    ...leftovers.map((name) => `the folder ${name} was left`),
  ],

  "I-LIVE": ({ jobs }: Facts) =>
    jobs.filter((job) => !isOver(job)).map(({ id, kind, state, appName }) => `${kind} ${id} of ${appName} is still ${state}`),
};

export type Invariant = keyof typeof invariants | "I-DB";

export const names = Object.keys(invariants) as Invariant[];

export const check = (facts: Facts, only = names): Violation[] =>
  Object.entries(invariants).flatMap(([name, against]) => {
    const invariant = name as Invariant;
    return only.includes(invariant) ? against(facts).map((says) => ({ invariant, says })) : [];
  });

const startsByJob = (ledger: Line[]) => [
  ...Map.groupBy(
    ledger.filter(({ what }) => what === "start"),
    ({ job }) => job,
  ),
];

/** The words of a download are numbered from 1 each time it is begun; none is missing and none is said twice. */
function wordProblems(said: Entry[]): string[] {
  const numbers = numbersIn(said.map(({ text }) => text));
  return numbers.flatMap((n, i) => {
    const before = numbers[i - 1] ?? 0;
    return n === 1 || n === before + 1 ? [] : [`after word ${before} comes word ${n}`];
  });
}
