import { expect, test } from "vitest";
import type { Kept } from "../journal/journal.ts";
import { hostJobs, lastJobWithoutAgent } from "./run-acts.ts";

const kept = (number: number, lane: string, finished = false) =>
  ({
    work: { jobId: `job_${number}`, number, lane, kind: "stop-app", by: null, input: { name: "blog" } },
    ...(finished && { finished: { outcome: "succeeded", lastSeq: 0 } }),
  }) as Kept;

test("without an agent an act comes before the jobs that have not ended, and after those that have", () => {
  expect(lastJobWithoutAgent([], 7, "app:a")).toBe(7);
  expect(lastJobWithoutAgent([kept(5, "app:a"), kept(7, "app:a")], 7, "app:a")).toBe(4);
  expect(lastJobWithoutAgent([kept(7, "app:a", true)], 7, "app:a")).toBe(7);
  expect(lastJobWithoutAgent([kept(5, "app:b")], 7, "app:a")).toBe(7);
});

test("what is under way is told as it stands", () => {
  const act = { id: "hact_1", kind: "start-app" as const, appId: null, name: "shop", afterJob: 0, at: 9 };
  const jobs = [kept(1, "app:a", true), kept(2, "app:a"), kept(3, "app:a")];
  expect(hostJobs(jobs, [{ id: "job_2", since: 4 }], [act])).toEqual([
    { id: "job_1", kind: "stop-app", app: "blog", by: null, state: "ended", since: null },
    { id: "job_2", kind: "stop-app", app: "blog", by: null, state: "running", since: 4 },
    { id: "job_3", kind: "stop-app", app: "blog", by: null, state: "waiting", since: null },
    { id: "hact_1", kind: "start-app", app: "shop", by: "root", state: "running", since: 9 },
  ]);
});
