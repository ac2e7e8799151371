import { z } from "zod";
import type { AgentFrame, ControlFrame, Offer } from "@appos/shared/agent-link";
import { failpoint } from "@appos/shared/failpoint";
import { type Ending, type JobKind, jobKinds } from "@appos/shared/jobs";
import { DiskFull } from "./journal/disk.ts";
import type { Journal, Kept } from "./journal/journal.ts";
import { type JobRecord, type Seen, Work } from "./journal/records.ts";
import type { Said } from "./journal/spool.ts";
import { lanes } from "./lanes.ts";
import { type Outbox, outbox } from "./outbox.ts";
import type { StopReason } from "./run-job.ts";

export type Send = (frame: AgentFrame) => void;
/** What a job is told when it is run: `say` writes an entry, and where too much waits for the disk, answers when to go on. */
export interface Told {
  attempt: number;
  signal: AbortSignal;
  say(entry: Omit<Said, "at">): Promise<void> | undefined;
}
/** Runs a job's handler. */
export type Run = (work: Work, told: Told) => Promise<Ending>;
export type Runner = ReturnType<typeof startRunner>;

/** Frames about jobs; the rest is none of the runner's business. */
export type JobOrder = Extract<ControlFrame, { type: "offer" | "ack" | "resend" | "cancel" | "forget" | "describe" }>;

export interface RunnerOptions {
  journal: Journal;
  run: Run;
  /** Milliseconds UTC. */
  now(): number;
  /** Calls back after so many milliseconds by a clock that never jumps; the answer takes that back. */
  timer(ms: number, task: () => void): () => void;
  /** Jobs of so many lanes run side by side. */
  lanesAtOnce: number;
  /** Why this server does not take a job on; undefined where it does. */
  refusal(work: Work): Promise<Refused | undefined>;
  /** The journal cannot be written any more: nothing can be promised until the agent has started again. */
  broken(error: unknown): void;
  /** Told whenever a job begins or ends, with those that run. */
  onChange?(running: { id: string; kind: JobKind; since: number }[]): void;
}
type Refused = Extract<AgentFrame, { type: "refused" }>["error"];

interface Job {
  kept: Kept;
  outbox: Outbox;
  stop: AbortController;
  since?: number;
}

/** Refusals that are remembered. */
const REFUSALS = 1_000;
/** A job that takes its agent down each time is given up. */
const ATTEMPTS = 3;
const failed = (code: "INTERRUPTED" | "QUARANTINED", message: string): Ending => ({ outcome: "failed", error: { code, message } });

const quarantined = failed("QUARANTINED", `The agent stopped ${ATTEMPTS} times while this job was running, so it is not tried again.`);

/** Accepts offers, runs one job per lane, and repeats what happened until it may forget. Knows no socket. */
export function startRunner({ journal, run, now, timer, lanesAtOnce, refusal, broken, onChange = () => {} }: RunnerOptions) {
  const jobs = new Map<string, Job>();
  const { inLane, isFree } = lanes(lanesAtOnce);
  /** What was refused over this link stays refused on it: a copy of the offer must not be taken on while the refusal is on its way. */
  const refusals = new Map<string, Refused>();
  let send: Send = () => {};
  /** What showed that the other end has got on with something. */
  let heard = 0;
  let frozen = false;

  let turn: Promise<void> = Promise.resolve();
  /** One thing at a time, in the order it came, over whichever link. */
  const inTurn = (task: () => void | Promise<void>) => (turn = turn.then(task).catch(broken));

  const changed = () =>
    onChange(
      [...jobs.values()].flatMap(({ kept: { work, finished }, since }) =>
        since !== undefined && !finished ? [{ id: work.jobId, kind: work.kind, since }] : [],
      ),
    );

  /** Writes down what must not be lost. */
  async function note({ kept, outbox }: Job, record: JobRecord): Promise<void> {
    if (frozen) return never();
    await journal.append(kept, record);
    failpoint(`agent: ${record.type} is safe`);
    await outbox.tell();
  }

  async function end(job: Job, ending: Ending) {
    const lastSeq = await job.kept.spool.end();
    failpoint("agent: a job has ended");
    await note(job, { type: "finished", finished: { ...ending, lastSeq } });
    failpoint("agent: the end is sent");
    changed();
  }

  /** How a job ends that is not begun, or not again. */
  function endUnbegun({ work, canceled, attempts }: Kept): Ending | undefined {
    if (canceled && attempts === 0) return { outcome: "canceled" };
    if (attempts > 0 && !jobKinds[work.kind].idempotent) return failed("INTERRUPTED", "The agent stopped while this job was running.");
    if (attempts > ATTEMPTS) return quarantined;
    return undefined;
  }

  async function carryOut(job: Job, begun: boolean) {
    const { kept, stop, outbox } = job;
    const ending = begun ? undefined : endUnbegun(kept);
    if (ending) return end(job, ending);
    if (!begun) await note(job, { type: "started" });
    job.since = now();
    changed();
    const stopTimer = timer(kept.work.timeLimitMs, () => stop.abort("deadline" satisfies StopReason));
    const say = (said: Omit<Said, "at">) => {
      if (frozen) return never();
      kept.spool
        .say({ at: now(), ...said })
        .then(outbox.tell)
        .catch(broken);
      return kept.spool.room();
    };
    // The last attempt only takes back what the others have left half done.
    const isGivenUp = kept.attempts > ATTEMPTS;
    if (isGivenUp) stop.abort("given-up" satisfies StopReason);
    const ended = await run(kept.work, { attempt: kept.attempts, signal: stop.signal, say });
    stopTimer();
    await end(job, isGivenUp && ended.outcome !== "canceled" ? quarantined : ended);
  }

  function takeOn(kept: Kept, begun: boolean): Job {
    const job: Job = { kept, outbox: outbox(kept, (frame) => send(frame)), stop: new AbortController() };
    if (kept.canceled) job.stop.abort("canceled" satisfies StopReason);
    jobs.set(kept.work.jobId, job);
    if (!kept.finished) inLane(kept.work.lane, () => carryOut(job, begun)).catch(broken);
    return job;
  }

  async function consider(offer: Offer) {
    const { jobId } = offer;
    if (jobs.has(jobId)) return send({ type: "accepted", jobId });
    const error = refusals.get(jobId) ?? (await takeOnOrRefuse(offer));
    if (!error) return;
    refusals.set(jobId, error);
    if (refusals.size > REFUSALS) refusals.delete(refusals.keys().next().value!);
    send({ type: "refused", jobId, error });
  }

  async function takeOnOrRefuse(offer: Offer): Promise<Refused | undefined> {
    const { data: work, error } = Work.safeParse(offer);
    if (error) return { code: "INVALID_JOB", message: z.prettifyError(error).slice(0, 4_000) };
    // It was taken on before and forgotten, or whoever offers it has forgotten what came after it.
    if (work.number <= journal.fence(work.lane)) return { code: "STALE_ORDER", message: STALE };
    const reason = await refusal(work);
    if (reason) return reason;
    const begin = isFree(work.lane);
    failpoint("agent: an offer is here");
    try {
      const kept = await journal.accept(work, begin);
      failpoint("agent: the acceptance is safe");
      // Said before anything is begun: whoever asked waits for it.
      send({ type: "accepted", jobId: work.jobId });
      failpoint("agent: the acceptance is sent");
      takeOn(kept, begin).outbox.rewind(work.after);
    } catch (cause) {
      if (!(cause instanceof DiskFull)) throw cause;
      return { code: "DISK_FULL", message: "There is no space left on this server's disk. Make room, then try again." };
    }
    return undefined;
  }

  async function cancel(job: Job) {
    if (job.kept.canceled || job.kept.finished) return;
    // First what frees the disk that may be full. Should this be lost, the control plane asks again.
    job.stop.abort("canceled" satisfies StopReason);
    await note(job, { type: "canceled" });
  }

  async function forget({ kept }: Job) {
    if (!kept.finished) return;
    failpoint("agent: a job may be forgotten");
    jobs.delete(kept.work.jobId);
    await journal.forget(kept);
    failpoint("agent: a job is forgotten");
  }

  async function act(frame: JobOrder) {
    if (frame.type === "offer") return consider(frame);
    const job = jobs.get(frame.jobId);
    if (!job) return;
    if (frame.type !== "cancel") heard++;
    if (frame.type === "forget") return forget(job);
    if (frame.type === "cancel") return void cancel(job).catch(broken);
    if (frame.type === "describe") return send({ type: "described", offer: job.kept.work });
    if (frame.type === "ack") job.outbox.ack(frame.seq);
    if (frame.type === "resend") job.outbox.rewind(frame.after);
    await job.outbox.tell();
  }

  for (const kept of journal.jobs()) takeOn(kept, false);

  return {
    journal: journal.id,
    seen: journal.seen,
    lanes: lanesAtOnce,
    /** Of a job that the journal holds. */
    laneOf: (jobId: string) => jobs.get(jobId)?.kept.work.lane,
    /** The jobs the journal holds, which a proof names. */
    held: (): Promise<string[]> => turn.then(() => [...jobs.keys()]),
    /** A link is open: it is told nothing of a job before it has said from where to go on. */
    connected(over: Send, welcomed: Seen) {
      send = over;
      refusals.clear();
      for (const { outbox } of jobs.values()) outbox.close();
      return inTurn(() => journal.welcomed(welcomed));
    },
    disconnected: () => void (send = () => {}),
    /** What is told and not acknowledged, as a number that changes with every step forward; undefined where nothing is. */
    waiting: () => ([...jobs.values()].some(({ outbox }) => outbox.waits()) ? heard : undefined),
    /** Does something of the host's own where no job of that lane runs. */
    inLane,
    /** The agent is about to stop: what its programs' end does to a job is no end of that job. The next agent goes on from the journal. */
    freeze: () => void (frozen = true),
    obey: (frame: JobOrder) => inTurn(() => act(frame)),
  };
}

const STALE =
  "This server has taken on a newer order for the same app already. The control plane seems to have been restored from an older copy: look at what runs, then ask again.";
const never = () => new Promise<void>(() => {});
