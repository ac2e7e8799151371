import { openActLog, type KeptAct } from "../acts/act-log.ts";
import { actReport } from "../acts/act-report.ts";
import { hostActs, type HostActsOptions } from "../acts/host-acts.ts";
import type { Disk } from "../journal/disk.ts";
import type { Kept } from "../journal/journal.ts";
import type { Machine } from "../machine/machine.ts";
import type { HostJob } from "./agent-wire.ts";

interface Around extends Pick<HostActsOptions, "inLane" | "lastJob"> {
  machine: Machine;
  /** The journal's. */
  disk: Disk;
}

/** What root on this server does to its apps: carried out, written down, and told once there is a link. */
export async function startHostActs({ machine, disk, inLane, lastJob }: Around) {
  const log = await openActLog(disk);
  const report = actReport(log, Date.now);
  const timer = (ms: number, task: () => void) => {
    const timeout = setTimeout(task, ms);
    return () => clearTimeout(timeout);
  };
  const newId = () => `hact_${crypto.randomUUID().replaceAll("-", "").slice(0, 26)}`;
  const acts = hostActs({ machine, log, inLane, lastJob, newId, timer, onEnd: report.ended });
  await acts.settleInterrupted();
  return { acts, report, log };
}

/** All that is under way here, or waits to be told: jobs, then acts. */
export function hostJobs(jobs: Kept[], running: { id: string; since: number }[], acts: KeptAct[]): HostJob[] {
  return [
    ...jobs.map(({ work, finished }): HostJob => {
      const since = running.find(({ id }) => id === work.jobId)?.since ?? null;
      const { name } = work.input as { name?: unknown };
      const state = finished ? "ended" : since === null ? "waiting" : "running";
      return { id: work.jobId, kind: work.kind, app: typeof name === "string" ? name : null, by: work.by, state, since };
    }),
    ...acts.map(({ id, kind, name, at, ended }): HostJob => {
      return { id, kind, app: name, by: "root", state: ended ? "ended" : "running", since: at };
    }),
  ];
}

/** The newest job that comes before whatever is done in a lane while no agent runs: one that has not ended goes on when the agent is back. */
export function lastJobWithoutAgent(jobs: Kept[], fence: number, lane: string): number {
  const open = jobs.filter(({ work, finished }) => work.lane === lane && !finished).map(({ work }) => work.number);
  return Math.max(0, Math.min(fence, ...open.map((number) => number - 1)));
}
