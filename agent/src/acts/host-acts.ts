import type { HostActKind } from "@appos/shared/host-acts";
import type { Ending } from "@appos/shared/jobs";
import { appFolder } from "../jobs/app-folder.ts";
import type { JobContext } from "../jobs/job.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import { currentRelease } from "../jobs/releases.ts";
import { rollbackApp } from "../jobs/rollback-app.ts";
import { startApp } from "../jobs/start-app.ts";
import { stopApp } from "../jobs/stop-app.ts";
import type { Machine } from "../machine/machine.ts";
import { endingOf, type StopReason } from "../run-job.ts";
import type { voice } from "../voice.ts";
import type { ActLog, BegunAct, EndedAct } from "./act-log.ts";
import { hostApp, hostApps } from "./host-apps.ts";

export interface ActOrder {
  kind: HostActKind;
  name: string;
  /** Of a rollback; the one before the live one where none is said. */
  release?: number | undefined;
}

interface ActHandler {
  timeLimitMs: number;
  run(input: { appId: string; name: string; release?: number | undefined }, context: JobContext): Promise<unknown>;
}
const minutes = (count: number) => count * 60_000;

/** The same code that does it for the control plane. */
const handlers: Record<HostActKind, ActHandler> = {
  "stop-app": { timeLimitMs: minutes(10), run: stopApp },
  "start-app": { timeLimitMs: minutes(10), run: startApp },
  "rollback-app": { timeLimitMs: minutes(60), run: rollbackApp },
};

export interface HostActsOptions {
  machine: Machine;
  log: ActLog;
  /** Does something where no job of that lane runs; what is urgent waits for no other. */
  inLane<T>(lane: string, task: () => Promise<T>, how: { urgent: boolean }): Promise<T>;
  /** The number of the newest job that comes before whatever is put into that lane now; 0 where there is none. */
  lastJob(lane: string): number;
  newId(): string;
  timer(ms: number, task: () => void): () => void;
  /** An act has ended, and is written down. */
  onEnd?(id: string): void;
}
export type HostActs = ReturnType<typeof hostActs>;

type Say = ReturnType<typeof voice>;

/** What root on this server does to its apps. The policy limits the control plane, not root. */
export function hostActs({ machine, log, inLane, lastJob, newId, timer, onEnd = () => {} }: HostActsOptions) {
  let frozen = false;
  const releaseOf = async (name: string) => (await currentRelease(machine, await appFolder(machine, name)))?.release ?? null;

  async function carryOut({ kind, name, release }: ActOrder, { say, stop }: { say: Say; stop: AbortController }): Promise<Ending> {
    const app = await hostApp(machine, name);
    if (!app) return noSuchApp(name);
    const lane = `app:${app.appId ?? name}`;
    const afterJob = lastJob(lane) || null;
    const tellWait = timer(500, () => say.note(`Waiting for the job of ${name} that runs already: appos-agent jobs shows it.`));
    const task = async (): Promise<Ending> => {
      tellWait();
      const act: BegunAct = { id: newId(), kind, appId: app.appId, name, afterJob, at: machine.now() };
      const isWritten = await written(() => log.begin(act));
      if (!isWritten) say.note("This cannot be written down on this server's disk: the control plane may never hear of it.");
      const { timeLimitMs, run } = handlers[kind];
      const stopTimer = timer(timeLimitMs, () => stop.abort("deadline" satisfies StopReason));
      const context = { machine, say, signal: stop.signal, attempt: 1, byRoot: true };
      const ending = await endingOf(context, timeLimitMs, () => run({ appId: app.appId ?? "", name, release }, context));
      stopTimer();
      if (frozen) return new Promise(() => {});
      const ended = endedAct(act, ending, await releaseOf(name), machine.now());
      if (await written(() => (isWritten ? log.end(ended) : log.beginAndEnd(act, ended)))) onEnd(act.id);
      return ending;
    };
    return inLane(lane, task, { urgent: true });
  }

  async function noSuchApp(name: string): Promise<Ending> {
    const names = (await hostApps(machine)).map((app) => app.name);
    const others = names.length === 0 ? "There is none." : `There ${names.length === 1 ? "is" : "are"}: ${names.join(", ")}.`;
    return { outcome: "failed", error: new JobFailure("NOT_DEPLOYED", `There is no app ${name} on this server. ${others}`).error };
  }

  return {
    carryOut,
    /** The agent is about to stop: what its programs' end does to an act is told as an interruption. */
    freeze: () => void (frozen = true),
    /** What was cut off in the middle, by a kill or a power cut, is told as such: whoever did it was there, and saw it. */
    async settleInterrupted() {
      for (const act of log.all().filter(({ ended }) => !ended)) {
        const error = { code: "INTERRUPTED" as const, message: "This was cut off in the middle." };
        const ended = { id: act.id, outcome: "interrupted" as const, error, release: await releaseOf(act.name), at: machine.now() };
        if (await written(() => log.end(ended))) onEnd(act.id);
      }
    },
  };
}

/** What breaks the glass must work where the disk is full, or broken. */
const written = (write: () => Promise<void>) =>
  write().then(
    () => true,
    () => false,
  );

function endedAct({ id }: BegunAct, { outcome, error }: Ending, release: number | null, at: number): EndedAct {
  if (outcome === "succeeded") return { id, outcome, error: null, release, at };
  const said = error ?? { code: "INTERRUPTED" as const, message: "Whoever asked for it took it back." };
  return { id, outcome: "failed", error: { code: said.code, message: said.message }, release, at };
}
