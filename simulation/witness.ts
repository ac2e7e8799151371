import type { Journal, Kept } from "../agent/src/journal/journal.ts";
import type { Work } from "../agent/src/journal/records.ts";
import type { Said } from "../agent/src/journal/spool.ts";
import { type Ending, type JobState, jobKinds } from "../shared/src/jobs.ts";

export type Witness = ReturnType<typeof createWitness>;

/** Something a guarantee forbids has happened. */
export class Violation extends Error {}

interface Line {
  text: string;
  /** The journal has said that it is safe. */
  safe: boolean;
}

/** What a job did on its server, as whoever stood beside it saw it. */
export interface Seen {
  work: Work;
  starts: number;
  said: Line[];
  ending?: Ending["outcome"];
  /** Its journal was lost at some time: what was not yet delivered may be missing. */
  lost: boolean;
}

const key = ({ at, step, stream, text }: Said) => `${at}|${step}|${stream}|${text}`;

/** Sees what happens on a server, past the journal and the link, and speaks up where a guarantee is broken. */
export function createWitness() {
  const jobs = new Map<string, Seen>();
  /** What runs in each lane. */
  const running = new Map<string, string>();
  const highest = new Map<string, number>();
  const violations: string[] = [];
  let cuts = 0;
  let losses = 0;

  function seen(work: Work): Seen {
    const known = jobs.get(work.jobId) ?? { work, starts: 0, said: [], lost: false };
    jobs.set(work.jobId, known);
    return known;
  }

  return {
    jobs,
    violations,
    wrong: (what: string) => void violations.push(what),

    /** An attempt begins. Gives back what to call at its end. */
    begins(work: Work, attempt: number): () => void {
      const job = seen(work);
      const { jobId, lane, number, kind } = work;
      job.starts++;
      if (!jobKinds[kind].idempotent && job.starts > 1) violations.push(`${kind} ${jobId} was begun ${job.starts} times`);
      if (attempt > 4) violations.push(`${jobId} was begun for the ${attempt}th time`);
      const there = running.get(lane);
      if (there !== undefined) violations.push(`${jobId} begins while ${there} runs in the lane ${lane}`);
      if (running.size >= 3) violations.push(`${jobId} begins while ${running.size} lanes are busy`);
      if (number < (highest.get(lane) ?? 0)) violations.push(`${jobId} begins after a later one of its lane`);
      if (job.ending) violations.push(`${jobId} begins although it has ended`);
      highest.set(lane, Math.max(number, highest.get(lane) ?? 0));
      running.set(lane, jobId);
      return () => void (running.get(lane) === jobId && running.delete(lane));
    },
    /** The agent is dead, and all that it ran. */
    cutOff() {
      cuts++;
      running.clear();
    },
    journalLost() {
      losses++;
      for (const job of jobs.values()) {
        job.lost = true;
        // What it wrote down first nobody can read any more.
        delete job.ending;
      }
    },
    /** Faults that excuse a thing or two. */
    cuts: () => cuts,
    losses: () => losses,

    /** The same journal, with everything that goes through it written down. */
    watching(journal: Journal, alive: () => boolean): Journal {
      const watched = (kept: Kept): Kept => {
        const job = seen(kept.work);
        if (kept.finished) job.ending ??= kept.finished.outcome;
        const { spool } = kept;
        kept.spool = {
          ...spool,
          async say(said: Said) {
            const line: Line = { text: key(said), safe: false };
            job.said.push(line);
            await spool.say(said);
            line.safe = alive();
          },
        };
        return kept;
      };
      return {
        ...journal,
        jobs: () => journal.jobs().map(watched),
        accept: async (work, begin) => watched(await journal.accept(work, begin)),
        async append(job, ...records) {
          await journal.append(job, ...records);
          for (const record of records)
            if (record.type === "finished") {
              const of = seen(job.work);
              if (of.ending && of.ending !== record.finished.outcome) violations.push(`${job.work.jobId} ended twice`);
              of.ending = record.finished.outcome;
            }
        },
      };
    },

    /** Compares the log as it is stored with what was said: in order, nothing twice, nothing missing that was safe. */
    checkLog(id: string, state: JobState, stored: Said[]) {
      const job = jobs.get(id);
      if (!job) return void (stored.length > 0 && violations.push(`${id} has a log and never ran`));
      let at = 0;
      let missing = 0;
      let allowed = 0;
      for (const entry of stored) {
        if (entry.stream === "gap") {
          allowed += Number(/^… ([\d,]+) lines?/.exec(entry.text)?.[1]?.replaceAll(",", "") ?? 0);
          continue;
        }
        if (entry.text.startsWith("This job has said more than")) continue;
        const found = job.said.findIndex((line, i) => i >= at && line.text === key(entry));
        if (found < 0) return void violations.push(`${id} has a line in its log that was not said then: ${key(entry)}`);
        missing += job.said.slice(at, found).filter(({ safe }) => safe).length;
        at = found + 1;
      }
      missing += job.said.slice(at).filter(({ safe }) => safe).length;
      const whole = state === "succeeded" || state === "failed";
      if (whole && !job.lost && missing > allowed)
        violations.push(`${id} (${state}) lacks ${missing} lines of its log, ${allowed} of them told`);
    },

    /** Compares how a job ended with what its server wrote down first. */
    checkEnd(id: string, state: JobState) {
      const job = jobs.get(id);
      if (job?.ending && !job.lost && job.ending !== state) violations.push(`${id} ended as ${job.ending} there, and is ${state} here`);
      if (state === "succeeded" && !job?.lost && job?.ending !== "succeeded") violations.push(`${id} succeeded here and not there`);
    },
  };
}
