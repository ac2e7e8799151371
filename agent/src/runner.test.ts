import { expect, test, vi } from "vitest";
import type { AgentFrame, Offer } from "@appos/shared/agent-link";
import { fakeDisk } from "./machine/fake-journal.ts";
import { type JobOrder, type Run, startRunner } from "./runner.ts";

const job: Offer = {
  jobId: "job_1",
  kind: "start-app",
  lane: "app:app_blog",
  input: { appId: "app_blog", name: "blog" },
  after: 0,
  timeLimitMs: 1_000,
};
const offer: JobOrder = { type: "offer", ...job };
const atOnce: Run = async () => ({ outcome: "succeeded" });
const never: Run = () => new Promise(() => {});
const untilStopped: Run = (_, { signal }) =>
  new Promise((ended) => signal.addEventListener("abort", () => ended({ outcome: signal.reason === "canceled" ? "canceled" : "failed" })));

async function agent(run: Run, disk = fakeDisk()) {
  const timers: (() => void)[] = [];
  const sent: AgentFrame[] = [];
  const timer = (_: number, task: () => void) => (timers.push(task), () => {});
  const { obey, connected, held } = await startRunner({ journal: disk.mount(), run, now: () => 0, timer });
  connected((frame) => void sent.push(frame));
  const kinds = () => sent.map(({ type }) => type);
  return { obey, held, sent, kinds, timers, disk, written: disk.written };
}

test.each([
  ["of a kind the agent does not know", { kind: "make-coffee" }],
  ["with an input that does not fit", { input: { appId: "../etc", name: "blog" } }],
  ["with a name that leads elsewhere", { input: { appId: "app_blog", name: "../../etc" } }],
])("an offer %s is refused, and nothing is journalled", async (_, changes) => {
  const { obey, sent, written } = await agent(never);
  await obey({ ...offer, ...changes });
  expect(sent.at(-1)).toMatchObject({ type: "refused", jobId: "job_1", error: { code: "INVALID_JOB" } });
  expect(written).toEqual([]);
});

test("an offer is in the journal before it is accepted", async () => {
  const { obey, kinds, written } = await agent(never);
  const answered = obey(offer);
  expect(kinds()).toEqual([]);
  await answered;
  expect(written[0]).toMatchObject({ jobId: "job_1", record: { type: "accepted" } });
  expect(kinds()).toEqual(["accepted"]);
});

test("two copies of an offer that come together are one job", async () => {
  const { obey, written } = await agent(never);
  await Promise.all([obey(offer), obey(offer)]);
  await vi.waitUntil(() => written.length > 1);
  expect(written.map(({ record }) => record.type)).toEqual(["accepted", "started"]);
});

test("a late copy of an offer is no new job, even when the job is forgotten", async () => {
  const { obey, kinds, written } = await agent(atOnce);
  await obey(offer);
  await vi.waitUntil(() => kinds().includes("finished"));
  await obey(offer);
  await obey({ type: "forget", jobId: "job_1" });
  await obey(offer);
  expect(kinds()).toEqual(["accepted", "finished", "accepted"]);
  expect(written.map(({ record }) => record.type)).toEqual(["accepted", "started", "finished"]);
});

test("a job that still runs is not forgotten", async () => {
  const { obey, kinds } = await agent(never);
  await obey(offer);
  await obey({ type: "forget", jobId: "job_1" });
  await obey(offer);
  expect(kinds()).toEqual(["accepted", "accepted"]);
});

test("the jobs of a lane run one at a time, in order; lanes run side by side", async () => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run: Run = ({ jobId }) =>
    new Promise((ended) => {
      begun.push(jobId);
      ends.set(jobId, () => ended({ outcome: "succeeded" }));
    });
  const { obey } = await agent(run);
  for (const [jobId, lane] of [
    ["job_1", "a"],
    ["job_2", "a"],
    ["job_3", "b"],
  ] as const)
    await obey({ ...offer, jobId, lane });
  await vi.waitUntil(() => begun.length === 2);
  expect(begun).toEqual(["job_1", "job_3"]);
  ends.get("job_1")!();
  await vi.waitUntil(() => begun.length === 3);
  expect(begun.at(-1)).toBe("job_2");
});

test("a cancel stops what runs, and is remembered when the agent dies before it could end", async () => {
  const disk = fakeDisk();
  const first = await agent(never, disk);
  await first.obey(offer);
  await first.obey({ type: "cancel", jobId: "job_1" });
  expect(disk.written.at(-1)!.record.type).toBe("canceled");

  const signals: boolean[] = [];
  await agent(async (_, { signal }) => (signals.push(signal.aborted), { outcome: "canceled" }), disk);
  await vi.waitUntil(() => signals.length === 1);
  expect(signals).toEqual([true]);
});

test("a canceled job ends as canceled", async () => {
  const { obey, sent, kinds } = await agent(untilStopped);
  await obey(offer);
  await obey({ type: "cancel", jobId: "job_1" });
  await vi.waitUntil(() => kinds().includes("finished"));
  expect(sent.at(-1)).toMatchObject({ type: "finished", outcome: "canceled", lastSeq: 0 });
});

test("a job whose time is up is stopped", async () => {
  const { obey, timers, kinds, sent } = await agent(untilStopped);
  await obey(offer);
  await vi.waitUntil(() => timers.length === 1);
  timers[0]!();
  await vi.waitUntil(() => kinds().includes("finished"));
  expect(sent.at(-1)).toMatchObject({ outcome: "failed" });
});

test("a job that takes its agent down three times is given up", async () => {
  const disk = fakeDisk();
  await (await agent(never, disk)).obey(offer);
  for (let life = 2; life <= 3; life++) {
    await vi.waitUntil(() => disk.written.filter(({ record }) => record.type === "started").length === life - 1);
    await agent(never, disk);
  }
  await vi.waitUntil(() => disk.written.filter(({ record }) => record.type === "started").length === 3);
  const last = await agent(never, disk);
  await last.obey({ type: "resend", jobId: "job_1", after: 0 });
  await vi.waitUntil(() => last.kinds().includes("finished"));
  expect(last.sent.at(-1)).toMatchObject({ outcome: "failed", error: { code: "INTERRUPTED" } });
});

test("a link that has just opened hears of a job only from where it says", async () => {
  const disk = fakeDisk();
  const talk: Run = async (_, { say }) => {
    for (const text of ["one", "two", "three"]) say({ step: "start", stream: "stdout", text });
    return { outcome: "succeeded" };
  };
  const first = await agent(talk, disk);
  await first.obey(offer);
  await vi.waitUntil(() => first.kinds().includes("finished"));

  const second = await agent(never, disk);
  expect(await second.held()).toEqual(["job_1"]);
  expect(second.sent).toEqual([]);
  await second.obey({ type: "resend", jobId: "job_1", after: 1 });
  expect(second.sent).toMatchObject([
    {
      type: "output",
      entries: [
        { seq: 2, text: "two" },
        { seq: 3, text: "three" },
      ],
    },
    { type: "finished", outcome: "succeeded", lastSeq: 3 },
  ]);
});
