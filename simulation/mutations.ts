/** A way to break the protocol: what a careless change would do to one file. */
export interface Mutation {
  name: string;
  /** The guarantee that it breaks. */
  breaks: string;
  /** Where to begin to look: a little before the first seed that sees it. */
  from?: number;
  edits: Edit[];
}

/** `find` is there exactly once. */
interface Edit {
  file: string;
  find: string;
  replace: string;
}

/** Each must be seen by the simulation, which shows that it would see such a change. */
export const mutations: Mutation[] = [
  {
    name: "skip-the-sync",
    breaks: "what was accepted survives a power cut",
    edits: [
      {
        file: "agent/src/journal/writer.ts",
        find: "await Promise.all([disk.sync(name), named || disk.syncNames()]);",
        replace: "",
      },
    ],
  },
  {
    name: "skip-the-sync-of-names",
    breaks: "what a job said survives a power cut",
    edits: [
      {
        file: "agent/src/journal/writer.ts",
        find: "await Promise.all([disk.sync(name), named || disk.syncNames()]);",
        replace: "await disk.sync(name);",
      },
    ],
  },
  {
    name: "accept-before-the-journal",
    breaks: "an accepted job is never forgotten",
    edits: [
      {
        file: "agent/src/runner.ts",
        find: "    const begin = isFree(work.lane);\n",
        replace: '    send({ type: "accepted", jobId: work.jobId });\n    const begin = isFree(work.lane);\n',
      },
    ],
  },
  {
    name: "forget-too-early",
    breaks: "a result is stored before its host forgets it",
    from: 50,
    edits: [
      {
        file: "control-plane/src/live/agent-link.ts",
        find: 'return [over(job) ? { type: "forget", jobId: job.id } : { type: "resend", jobId: job.id, after: job.held }];',
        replace: 'return [{ type: "forget", jobId: job.id }];',
      },
    ],
  },
  {
    name: "end-before-the-log",
    breaks: "a job has not ended before all that it said is held",
    from: 50,
    edits: [
      {
        file: "control-plane/src/features/jobs/dispatch.ts",
        find: 'links.move(link, id, "running", changes, lastSeq)',
        replace: 'links.move(link, id, "running", changes, lastSeq * 0)',
      },
    ],
  },
  {
    name: "begin-anything-again",
    breaks: "what may not be begun twice is not",
    edits: [
      {
        file: "agent/src/runner.ts",
        find: "if (attempts > 0 && !jobKinds[work.kind].idempotent)",
        replace: "if (attempts > 9 && !jobKinds[work.kind].idempotent)",
      },
    ],
  },
  {
    name: "offer-lost-jobs-again",
    breaks: "what may have begun before its journal was lost is not offered again",
    from: 160,
    edits: [
      {
        file: "control-plane/src/features/jobs/offers.ts",
        find: "if (begun && !idempotent)",
        replace: "if (begun && idempotent === undefined)",
      },
    ],
  },
  {
    name: "take-on-twice",
    breaks: "a copy of an offer is no new job",
    from: 130,
    edits: [
      {
        file: "agent/src/runner.ts",
        find: "    if (jobs.has(jobId)) return send",
        replace: "    if (jobs.size > 1_000) return send",
      },
    ],
  },
  {
    name: "supersede-what-runs",
    breaks: "a terminal state is never wrong",
    edits: [
      {
        file: "control-plane/src/features/jobs/store.ts",
        find: '        eq(jobs.state, "queued"),\n',
        replace: "",
      },
    ],
  },
  {
    name: "promise-before-the-commit",
    breaks: "a job that was promised is there",
    from: 375,
    edits: [
      {
        file: "control-plane/src/features/jobs/service.ts",
        find: "const earlier = key && (await store.findByKey(key));\n        if (!earlier) throw error;",
        replace: "const earlier = key && (await store.findByKey(key));\n        if (!earlier) return { ...row, state: 'queued' } as never;",
      },
    ],
  },
  {
    name: "keys-are-forgotten",
    breaks: "the same Idempotency-Key never makes two jobs",
    edits: [
      {
        file: "control-plane/src/features/jobs/service.ts",
        find: "sha256(`${by}\\n${request.key}`)",
        replace: "sha256(`${by}\\n${request.key}\\n${id}`)",
      },
    ],
  },
];
