import type { Ports, Statement } from "../../ports.ts";
import { type Ended, type Place, retentionStore } from "./retention-store.ts";

const DAY_MS = 24 * 3_600_000;
/** What has just ended is what somebody looks at: too much of it is no reason to take it away. */
const FRESH_MS = 3_600_000;
/** How much one batch takes on: a few milliseconds of the one connection there is. */
const JOBS_AT_ONCE = 100;
const WEIGHED_AT_ONCE = 1_000;
const ENTRIES_AT_ONCE = 200;
const ROWS_AT_ONCE = 10;
/** Batches of entries in one go; the next go takes up where this one ends. */
const BATCHES_AT_MOST = 2_000;

/** What others who keep records of jobs say to theirs going. */
export interface Records {
  /** Those of these jobs that stay, with their logs. */
  kept(jobIds: string[]): Promise<Set<string>>;
  /** What goes with these jobs, as parts of some batch. */
  remove(jobIds: string[]): Statement[];
}

/** Everybody else's turn, between two batches. */
const breathe = () => new Promise<void>((go) => setTimeout(go, 0));
const start: Place = { endedAt: -1, number: -1 };

/** Lets go of what is over, of what is old only while the time can be believed: logs that are too old or too much in all, the oldest first, then whole jobs. A go that is cut short loses nothing. */
export function retention({ database, clock, settings }: Ports, steadyNow: () => Promise<number | undefined>, records: () => Records) {
  const store = retentionStore(database);
  const { jobDays, logDays, logBytes } = settings.retention;
  let running = false;

  /** Jobs that may go, a few at a time. */
  async function* walk(next: (after: Place) => Promise<Ended[]>) {
    for (let page = await next(start); page.length > 0; page = await next(page.at(-1)!)) {
      const kept = await records().kept(page.map(({ id }) => id));
      yield page.filter(({ id }) => !kept.has(id));
      await breathe();
    }
  }
  const withLog = (before: number) => walk((after) => store.withLog(after, before, JOBS_AT_ONCE));
  const removeLogs = async (jobs: Ended[]) => {
    if (jobs.length > 0)
      await store.removeLogs(
        jobs.map(({ id }) => id),
        clock.now(),
      );
  };

  /** Weighs a log that was not weighed as it came. */
  async function weigh(number: number) {
    const id = await store.idOf(number);
    let bytes = 0;
    for (let after: number | null = 0; after !== null; await breathe()) {
      const some: { bytes: number; last: number | null } = await store.weighed(id, after, WEIGHED_AT_ONCE);
      bytes += some.bytes;
      after = some.last;
    }
    await store.setLogBytes(id, bytes);
    return bytes;
  }

  async function tooOld(now: number) {
    for await (const jobs of withLog(now - logDays * DAY_MS)) await removeLogs(jobs);
  }

  /** How much all logs have together, also those that stay in any case. */
  async function weight() {
    let bytes = 0;
    for (let after: Place | undefined = start; after; await breathe()) {
      const some: Awaited<ReturnType<typeof store.weights>> = await store.weights(after, WEIGHED_AT_ONCE);
      for (const job of some) bytes += job.logBytes ?? (await weigh(job.number));
      after = some.at(-1);
    }
    return bytes;
  }

  /** Those whose logs may go because there is too much of them. */
  async function* spare() {
    const now = clock.now();
    const isFresh = ({ endedAt }: Ended) => now - FRESH_MS < endedAt && endedAt <= now;
    for await (const jobs of withLog(Number.MAX_SAFE_INTEGER)) yield jobs.filter((job) => !isFresh(job));
  }

  async function tooMuch() {
    if ((await weight()) <= logBytes) return;
    let excess = -logBytes;
    for await (const jobs of spare()) for (const job of jobs) excess += job.logBytes;
    if (excess <= 0) return;
    for await (const jobs of spare()) {
      const goes = jobs.findIndex((job) => (excess -= job.logBytes) <= 0);
      await removeLogs(goes < 0 ? jobs : jobs.slice(0, goes + 1));
      if (goes >= 0) return;
    }
  }

  async function clear() {
    let batches = 0;
    for (let job = await store.going(); job; job = await store.going()) {
      for (; await store.deleteEntries(job.id, ENTRIES_AT_ONCE); await breathe()) if (++batches >= BATCHES_AT_MOST) return;
      await store.setLogBytes(job.id, 0);
      await breathe();
    }
  }

  async function removeJobs(now: number) {
    for await (const jobs of walk((after) => store.ended(after, now - jobDays * DAY_MS, JOBS_AT_ONCE))) {
      await removeLogs(jobs.filter((job) => job.hasEntries));
      const ids = jobs.filter((job) => !job.hasEntries).map(({ id }) => id);
      for (let from = 0; from < ids.length; from += ROWS_AT_ONCE) {
        const some = ids.slice(from, from + ROWS_AT_ONCE);
        await store.deleteJobs(some, records().remove(some));
        await breathe();
      }
    }
  }

  return async function tidy() {
    if (running) return;
    running = true;
    try {
      const now = await steadyNow();
      if (now !== undefined) await tooOld(now);
      await tooMuch();
      await clear();
      if (now !== undefined) await removeJobs(now);
      await clear();
    } finally {
      running = false;
    }
  };
}
