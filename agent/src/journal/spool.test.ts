import { expect, test } from "vitest";
import type { Entry } from "@appos/shared/jobs";
import { fakeDisk } from "../machine/fake-disk.ts";
import { openJournal } from "./journal.ts";
import type { Work } from "./records.ts";

const limits = { headBytes: 3_000, segmentBytes: 1_000, segments: 2 };
const work: Work = {
  jobId: "job_1",
  number: 1,
  by: null,
  kind: "start-app",
  lane: "a",
  input: { appId: "app_blog", name: "blog" },
  after: 10,
  timeLimitMs: 1,
};
const line = (text: string) => ({ at: 5, step: "start", stream: "stdout" as const, text });
const open = async (disk: ReturnType<typeof fakeDisk>) => openJournal(disk.mount(), () => "journal", limits);

async function speaking(lines: number) {
  const disk = fakeDisk();
  const journal = await open(disk);
  const job = await journal.accept(work, true);
  for (let n = 1; n <= lines; n++) await job.spool.say(line(`line ${n}`));
  return { disk, journal, job };
}
async function all(spool: { last(): number; read(seq: number, bytes: number): Promise<Entry[]> }) {
  const entries: Entry[] = [];
  while ((entries.at(-1)?.seq ?? 10) < spool.last()) entries.push(...(await spool.read(entries.at(-1)?.seq ?? 10, 500)));
  return entries;
}
const texts = (entries: Entry[]) => entries.map(({ text }) => text);

test("entries are numbered on from what the control plane holds, and read as many at once as fit", async () => {
  const { job } = await speaking(20);
  const entries = await all(job.spool);
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 11));
  expect(texts(entries).at(-1)).toBe("line 20");
  expect((await job.spool.read(10, 500)).length).toBeLessThan(20);
});

test("of a job that says too much the beginning and the end are kept, and it is said how much is left out", async () => {
  const { disk, journal, job } = await speaking(500);
  const before = texts(await all(job.spool));
  expect(before.at(-1)).toMatch(/^This job has said more than/);
  const lastSeq = await job.spool.end();
  expect(job.spool.last(), "nothing has a number before the end is safe").toBeLessThan(lastSeq);
  await journal.append(job, { type: "finished", finished: { outcome: "succeeded", lastSeq } });

  const entries = await all(job.spool);
  const said = texts(entries);
  const gap = entries.find(({ stream }) => stream === "gap")!;
  const leftOut = Number(/^… (\d+) lines/.exec(gap.text)![1]);
  const lines = said.filter((text) => text.startsWith("line "));
  expect(lines.length + leftOut).toBe(500);
  expect(lines[0]).toBe("line 1");
  expect(lines.at(-1)).toBe("line 500");
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 11));

  disk.cutPower();
  const next = await open(disk);
  const [again] = next.jobs();
  expect(await all(again!.spool), "and the same after a power cut").toEqual(entries);
  await next.forget(again!);
  expect(disk.names().filter((name) => name.startsWith("job_1"))).toEqual([]);
});

test("what still waits for a full disk when a job ends is in its log", async () => {
  const fails: Record<string, number> = { "job_1.tail.1": 30, "job_1.tail.2": 60 };
  const disk = fakeDisk((act, name) => {
    if (act === "append" && fails[name] && fails[name]-- > 0) throw Object.assign(new Error("No space"), { code: "ENOSPC" });
  });
  const job = await (await openJournal(disk.mount(), () => "journal", { ...limits, segments: 1 })).accept(work, true);
  const said = Array.from({ length: 110 }, (_, i) => job.spool.say(line(`line ${i + 1}`)));
  await said[0];
  job.finished = { outcome: "succeeded", lastSeq: await job.spool.end() };
  const entries = await all(job.spool);
  const lines = entries.filter(({ text }) => text.startsWith("line "));
  const leftOut = entries.flatMap(({ text }) => /^… (\d+) lines?/.exec(text)?.[1] ?? []);
  expect(lines.length + Number(leftOut)).toBe(110);
  expect(lines.at(-1)!.text).toBe("line 110");
});

test("a job that is resumed goes on behind what it said before", async () => {
  const { disk } = await speaking(5);
  disk.cutPower();
  const [again] = (await open(disk)).jobs();
  await again!.spool.say(line("second try"));
  expect(texts(await all(again!.spool))).toEqual(["line 1", "line 2", "line 3", "line 4", "line 5", "second try"]);
});

test("a line that cannot be read back leaves a mark, and the others keep their numbers", async () => {
  const { disk } = await speaking(5);
  disk.write("job_1.head", new TextEncoder().encode(disk.text("job_1.head").replace("line 3", "lime 3")));
  const [again] = (await open(disk)).jobs();
  const entries = await all(again!.spool);
  expect(entries.map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15]);
  expect(entries.map(({ stream }) => stream)).toEqual(["stdout", "stdout", "gap", "stdout", "stdout"]);
});

test("who speaks faster than the disk writes is told to wait", async () => {
  const { job } = await speaking(0);
  const said = Array.from({ length: 700 }, () => job.spool.say(line("x".repeat(2_000))));
  expect(job.spool.room()).toBeInstanceOf(Promise);
  await Promise.all(said);
  expect(job.spool.room()).toBeUndefined();
});
