import { type Disk, DiskFull } from "./disk.ts";
import { lineOf } from "./lines.ts";
import { readLog } from "./log-file.ts";
import { accepted, apply, type JobRecord, type JournalledJob, type LogRecord, type Seen, type Work } from "./records.ts";
import { openSpool, type Spool, type SpoolLimits, shippedLimits } from "./spool.ts";
import { writer } from "./writer.ts";

/** A log much longer than what still counts is written anew. */
const COMPACT_BYTES = 256 * 1024;
const COMPACT_TIMES = 4;

/** A job that was accepted and is not forgotten. Its records have been applied to it. */
export type Kept = JournalledJob & { spool: Spool };
export type Journal = Awaited<ReturnType<typeof openJournal>>;

/**
 * Every job accepted and not yet forgotten: one log of what happened to them, and a spool of what each said. What resolves here
 * survives a power cut. On a full disk everything waits for space but what is taken on anew: that rejects with DiskFull.
 */
export async function openJournal(disk: Disk, newId: () => string, limits: SpoolLimits = shippedLimits) {
  const found = await readLog(disk);
  const { fences, jobs } = found;
  const id = found.id ?? newId();
  let seen = found.seen;
  const kept = new Map<string, Kept>();
  const log = writer(disk, "log", found.bytes);
  let snapshotBytes = 0;

  const text = (record: LogRecord) => lineOf(disk, record);
  const about = (job: string, records: JobRecord[]) => records.map((record) => text({ job, record })).join("");
  const append = (job: JournalledJob, ...records: JobRecord[]) =>
    log.add(about(job.work.jobId, records), { patient: true, safe: () => records.forEach((record) => apply(job, record)) });

  function snapshot() {
    const lines = [text({ journal: id }), ...(seen ? [text({ seen })] : []), text({ fences: Object.fromEntries(fences) })];
    for (const job of jobs.values()) lines.push(about(job.work.jobId, recordsOf(job)));
    return new TextEncoder().encode(lines.join(""));
  }

  /** Beside, synced, renamed: at every moment one of the two is whole. */
  const compact = () =>
    log.alone(async () => {
      const bytes = snapshot();
      await disk.remove("log.new");
      await disk.append("log.new", bytes);
      await disk.sync("log.new");
      await disk.rename("log.new", "log");
      await disk.syncNames();
      return (snapshotBytes = bytes.length);
    });

  async function tidy() {
    if (log.size() > COMPACT_BYTES + COMPACT_TIMES * snapshotBytes) await compact();
  }

  if (!found.whole) await compact();
  for (const job of jobs.values()) kept.set(job.work.jobId, Object.assign(job, { spool: await openSpool(disk, job, append, limits) }));
  for (const name of await disk.names()) {
    const [jobId, of] = name.split(".");
    if ((of === "head" || of === "tail") && !jobs.has(jobId!)) await disk.remove(name);
  }
  await disk.syncNames();

  return {
    /** Another id is another journal: the one before was lost, or a part of it. */
    id,
    /** Oldest first. */
    jobs: (): Kept[] => [...kept.values()],
    fence: (lane: string) => fences.get(lane) ?? 0,
    seen: () => seen,
    append,

    /** Takes a job on; `begin` says that it starts at once. */
    async accept(work: Work, begin: boolean): Promise<Kept> {
      const job = accepted(work);
      const records: JobRecord[] = [{ type: "accepted", work }, ...(begin ? [{ type: "started" as const }] : [])];
      const spool = await openSpool(disk, job, append, limits, true);
      const safe = () => {
        if (begin) apply(job, { type: "started" });
        jobs.set(work.jobId, job);
        fences.set(work.lane, Math.max(fences.get(work.lane) ?? 0, work.number));
      };
      await log.add(about(work.jobId, records), { patient: false, safe });
      const taken = Object.assign(job, { spool });
      kept.set(work.jobId, taken);
      return taken;
    },

    /** Which database is obeyed from now on. Orders of another one are not compared with those of this one. */
    async welcomed(by: Seen) {
      if (seen?.incarnation !== by.incarnation) fences.clear();
      seen = by;
      await log.add(text({ seen: by }), { patient: false }).catch(notFull);
    },

    /** The control plane holds all of it. Should this be lost it will be told to forget it again. */
    async forget({ work: { jobId }, spool }: Kept) {
      jobs.delete(jobId);
      kept.delete(jobId);
      await log.add(about(jobId, [{ type: "forgotten" }]), { patient: false }).catch(notFull);
      await spool.remove();
      await tidy().catch(notFull);
    },
  };
}

function recordsOf(job: JournalledJob): JobRecord[] {
  const { work, attempts, canceled, leftOut, finished } = job;
  return [
    { type: "accepted", work },
    ...Array.from({ length: attempts }, () => ({ type: "started" as const })),
    ...(leftOut.segment > 0 ? [{ type: "left-out" as const, ...leftOut }] : []),
    ...(canceled ? [{ type: "canceled" as const }] : []),
    ...(finished ? [{ type: "finished" as const, finished }] : []),
  ];
}

function notFull(error: unknown) {
  if (!(error instanceof DiskFull)) throw error;
}
