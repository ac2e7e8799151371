import { z } from "zod";
import type { AgentFrame, ControlFrame, Offer } from "@appos/shared/agent-link";
import { type Ending, type Entry, type JobKind, jobKinds } from "@appos/shared/jobs";
import { apply, type Journal, type JournalledJob, journalledJob, type JournalRecord, Work } from "./journal.ts";
import { type Outbox, outbox } from "./outbox.ts";
import type { StopReason } from "./run-job.ts";

export type Send = (frame: AgentFrame) => void;
/** Runs a job's handler; `say` writes an entry. */
export type Run = (
  work: Work,
  told: { attempt: number; signal: AbortSignal; say(entry: Omit<Entry, "seq" | "at">): void },
) => Promise<Ending>;
export type Runner = Awaited<ReturnType<typeof startRunner>>;

/** Frames about jobs; the rest is none of the runner's business. */
export type JobOrder = Extract<ControlFrame, { type: "offer" | "ack" | "resend" | "cancel" | "forget" }>;

export interface RunnerOptions {
  journal: Journal;
  run: Run;
  /** Milliseconds UTC. */
  now(): number;
  /** Calls back after so many milliseconds by a clock that never jumps; the answer takes that back. */
  timer(ms: number, task: () => void): () => void;
  /** Told whenever a job begins or ends, with those that run. */
  onChange?(running: { id: string; kind: JobKind; since: number }[]): void;
}

type Job = JournalledJob & { outbox: Outbox; stop: AbortController; since?: number };

/** A job that takes its agent down each time is given up. */
const ATTEMPTS = 3;
const interrupted = (message: string): Ending => ({ outcome: "failed", error: { code: "INTERRUPTED", message } });

/** Accepts offers, runs one job per lane, and repeats what happened until it may forget. Knows no socket. */
export async function startRunner({ journal, run, now, timer, onChange = () => {} }: RunnerOptions) {
  const jobs = new Map<string, Job>();
  const lanes = new Map<string, Promise<void>>();
  /** Forgotten on this link: a late copy of an offer is not a new job. */
  const gone = new Set<string>();
  let send: Send = () => {};
  let frozen = false;

  let turn: Promise<void> = Promise.resolve();
  /** One thing at a time, in the order it came, over whichever link. What throws here ends the agent; its journal brings it back. */
  const inTurn = (task: () => void | Promise<void>) => (turn = turn.then(task));

  const tell = (job: Job) => job.outbox.next().forEach((frame) => send(frame));
  const changed = () =>
    onChange(
      [...jobs.values()].flatMap(({ work, since, finished }) =>
        since !== undefined && !finished ? [{ id: work.jobId, kind: work.kind, since }] : [],
      ),
    );

  async function note(job: Job, record: JournalRecord) {
    if (frozen) return never();
    await journal.append(job.work.jobId, record);
    apply(job, record);
    tell(job);
  }

  async function carryOut(job: Job) {
    let lastSeq = job.work.after + job.entries.length;
    const end = async (ending: Ending) => {
      await note(job, { type: "finished", finished: { ...ending, lastSeq } });
      changed();
    };
    if (job.canceled && job.attempts === 0) return end({ outcome: "canceled" });
    if (job.attempts > 0 && !jobKinds[job.work.kind].idempotent) return end(interrupted("The agent stopped while this job was running."));
    if (job.attempts >= ATTEMPTS)
      return end(interrupted(`The agent stopped ${ATTEMPTS} times while this job was running, so it is not tried again.`));

    await note(job, { type: "started" });
    job.since = now();
    changed();
    const stopTimer = timer(job.work.timeLimitMs, () => job.stop.abort("deadline" satisfies StopReason));
    const say = (entry: Omit<Entry, "seq" | "at">) => void note(job, { type: "entry", entry: { seq: ++lastSeq, at: now(), ...entry } });
    const ending = await run(job.work, { attempt: job.attempts, signal: job.stop.signal, say });
    stopTimer();
    await end(ending);
  }

  function takeOn(journalled: JournalledJob) {
    const job: Job = Object.assign(journalled, { outbox: outbox(journalled), stop: new AbortController() });
    if (job.canceled) job.stop.abort("canceled" satisfies StopReason);
    const { jobId, lane } = job.work;
    jobs.set(jobId, job);
    if (!job.finished)
      lanes.set(
        lane,
        (lanes.get(lane) ?? Promise.resolve()).then(() => carryOut(job)),
      );
    return job;
  }

  async function consider(offer: Offer) {
    const { jobId } = offer;
    if (gone.has(jobId)) return;
    if (!jobs.has(jobId)) {
      const { data: work, error } = Work.safeParse(offer);
      if (error) return send({ type: "refused", jobId, error: { code: "INVALID_JOB", message: z.prettifyError(error).slice(0, 4_000) } });
      await journal.append(jobId, { type: "accepted", work });
      takeOn({ work, attempts: 0, canceled: false, entries: [] }).outbox.rewind(work.after);
    }
    send({ type: "accepted", jobId });
  }

  async function cancel(job: Job) {
    if (job.canceled || job.finished) return;
    await note(job, { type: "canceled" });
    job.stop.abort("canceled" satisfies StopReason);
  }

  async function forget({ work: { jobId }, finished }: Job) {
    if (!finished) return;
    await journal.forget(jobId);
    jobs.delete(jobId);
    gone.add(jobId);
  }

  async function act(frame: JobOrder) {
    if (frame.type === "offer") return consider(frame);
    const job = jobs.get(frame.jobId);
    if (!job) return;
    if (frame.type === "forget") return forget(job);
    if (frame.type === "cancel") return cancel(job);
    if (frame.type === "ack") job.outbox.ack(frame.seq);
    if (frame.type === "resend") job.outbox.rewind(frame.after);
    tell(job);
  }

  for (const records of await journal.load()) takeOn(journalledJob(records));

  return {
    journal: journal.id,
    /** The jobs the journal holds, which a proof names. */
    held: () => {
      const ids = turn.then(() => [...jobs.keys()]);
      return ids;
    },
    /** A link is open: it is told nothing of a job before it has said from where to go on. */
    connected(over: Send) {
      send = over;
      gone.clear();
      for (const job of jobs.values()) job.outbox.close();
    },
    disconnected: () => void (send = () => {}),
    /** The agent is about to stop: what its programs' end does to a job is no end of that job. The next agent goes on from the journal. */
    freeze: () => void (frozen = true),
    obey: (frame: JobOrder) => inTurn(() => act(frame)),
  };
}

const never = () => new Promise<void>(() => {});
