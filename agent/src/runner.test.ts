import { expect, test, vi } from "vitest";
import type { AgentFrame, Offer } from "@appos/shared/agent-link";
import { openJournal } from "./journal/journal.ts";
import { fakeDisk } from "./machine/fake-disk.ts";
import { type JobOrder, type Run, startRunner } from "./runner.ts";

const job: Offer = {
  jobId: "job_1",
  number: 1,
  by: "ada@example.org",
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

interface Options {
  disk?: ReturnType<typeof fakeDisk>;
  refuses?: boolean;
}
async function agent(run: Run, { disk = fakeDisk(), refuses = false }: Options = {}) {
  const timers: (() => void)[] = [];
  const sent: AgentFrame[] = [];
  const settings = { refuses };
  const timer = (_: number, task: () => void) => (timers.push(task), () => {});
  const refusal = async () => (settings.refuses ? { code: "POLICY_REFUSED" as const, message: "No" } : undefined);
  const journal = await openJournal(disk.mount(), () => "journal-1");
  const broken = (error: unknown) => {
    throw error;
  };
  const { obey, connected, held } = startRunner({ journal, run, now: () => 0, timer, lanesAtOnce: 3, refusal, broken });
  const connect = (incarnation = "one") => connected((frame) => void sent.push(frame), { incarnation, epoch: 1 });
  await connect();
  const kinds = () => sent.map(({ type }) => type);
  const records = () => [...disk.text("log").matchAll(/"type":"([a-z-]+)"/g)].map(([, type]) => type);
  return { obey, held, sent, kinds, timers, disk, records, connect, settings };
}

test.each([
  ["of a kind the agent does not know", { kind: "make-coffee" }],
  ["with an input that does not fit", { input: { appId: "../etc", name: "blog" } }],
  ["with a name that leads elsewhere", { input: { appId: "app_blog", name: "../../etc" } }],
])("an offer %s is refused, and nothing is journalled", async (_, changes) => {
  const { obey, sent, records } = await agent(never);
  await obey({ ...offer, ...changes });
  expect(sent.at(-1)).toMatchObject({ type: "refused", jobId: "job_1", error: { code: "INVALID_JOB" } });
  expect(records()).toEqual([]);
});

test("an offer is in the journal before it is accepted", async () => {
  const { obey, kinds, records, disk } = await agent(never);
  const answered = obey(offer);
  expect(kinds()).toEqual([]);
  await answered;
  expect(kinds()).toEqual(["accepted"]);
  disk.cutPower();
  expect(records()).toEqual(["accepted", "started"]);
});

test("two copies of an offer that come together are one job", async () => {
  const { obey, records } = await agent(never);
  await Promise.all([obey(offer), obey(offer)]);
  expect(records()).toEqual(["accepted", "started"]);
});

test("a late copy of an offer is no new job, even when the job is forgotten", async () => {
  const { obey, kinds, sent } = await agent(atOnce);
  await obey(offer);
  await vi.waitUntil(() => kinds().includes("finished"));
  await obey({ type: "forget", jobId: "job_1" });
  await obey(offer);
  expect(kinds()).toEqual(["accepted", "finished", "refused"]);
  expect(sent.at(-1)).toMatchObject({ error: { code: "STALE_ORDER" } });
});

test("an older order than the last of its lane is refused, until another database gives the orders", async () => {
  const { obey, kinds, connect } = await agent(atOnce);
  await obey({ ...offer, number: 5 });
  await obey({ ...offer, jobId: "job_0", number: 4 });
  await obey({ ...offer, jobId: "job_3", number: 4, lane: "another" });
  expect(kinds()).toEqual(expect.arrayContaining(["accepted", "refused", "accepted"]));
  await connect("two");
  await obey({ ...offer, jobId: "job_9", number: 1 });
  expect(kinds().at(-1)).toBe("accepted");
});

test("what was refused stays refused over the same link: the refusal may still be on its way", async () => {
  const { obey, kinds, settings, connect } = await agent(atOnce, { refuses: true });
  await obey(offer);
  settings.refuses = false;
  await obey(offer);
  expect(kinds()).toEqual(["refused", "refused"]);
  await connect();
  await obey(offer);
  expect(kinds()).toContain("accepted");
});

test("a job that nobody else knows is described as it was offered", async () => {
  const { obey, sent } = await agent(never);
  await obey(offer);
  await obey({ type: "describe", jobId: "job_1" });
  expect(sent.at(-1)).toEqual({ type: "described", offer: job });
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
    await obey({ ...offer, jobId, lane, number: Number(jobId.at(-1)) });
  await vi.waitUntil(() => begun.length === 2);
  expect(begun).toEqual(["job_1", "job_3"]);
  ends.get("job_1")!();
  await vi.waitUntil(() => begun.length === 3);
  expect(begun.at(-1)).toBe("job_2");
});

test("a cancel stops what runs, and is remembered when the agent dies before it could end", async () => {
  const disk = fakeDisk();
  const first = await agent(never, { disk });
  await first.obey(offer);
  await first.obey({ type: "cancel", jobId: "job_1" });
  await vi.waitUntil(() => first.records().includes("canceled"));

  const signals: boolean[] = [];
  await agent(async (_, { signal }) => (signals.push(signal.aborted), { outcome: "canceled" }), { disk });
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
  const starts = () => disk.text("log").split('"started"').length - 1;
  await (await agent(never, { disk })).obey(offer);
  for (let life = 2; life <= 3; life++) {
    await agent(never, { disk });
    await vi.waitUntil(() => starts() === life);
  }
  const reasons: unknown[] = [];
  const last = await agent(async (_, { signal }) => (reasons.push(signal.reason), { outcome: "failed" }), { disk });
  await last.obey({ type: "resend", jobId: "job_1", after: 0 });
  await vi.waitUntil(() => last.kinds().includes("finished"));
  expect(reasons, "once more, only to clean up").toEqual(["given-up"]);
  expect(last.sent.at(-1)).toMatchObject({ outcome: "failed", error: { code: "QUARANTINED" } });
});

test("a link that has just opened hears of a job only from where it says", async () => {
  const disk = fakeDisk();
  const talk: Run = async (_, { say }) => {
    for (const text of ["one", "two", "three"]) void say({ step: "start", stream: "stdout", text });
    return { outcome: "succeeded" };
  };
  const first = await agent(talk, { disk });
  await first.obey(offer);
  await vi.waitUntil(() => first.kinds().includes("finished"));

  const second = await agent(never, { disk });
  expect(await second.held()).toEqual(["job_1"]);
  expect(second.sent).toEqual([]);
  await second.obey({ type: "resend", jobId: "job_1", after: 1 });
  await vi.waitUntil(() => second.kinds().includes("finished"));
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
