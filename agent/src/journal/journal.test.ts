import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fakeDisk } from "../machine/fake-disk.ts";
import { nodeDisk } from "../machine/node-disk.ts";
import { DiskFull } from "./disk.ts";
import { openJournal } from "./journal.ts";
import { lineOf } from "./lines.ts";
import type { Work } from "./records.ts";

const work = (n: number, lane = "app:app_blog"): Work => ({
  jobId: `job_${n}`,
  number: n,
  by: "ada@example.org",
  kind: "start-app",
  lane,
  input: { appId: "app_blog", name: "blog" },
  after: 0,
  timeLimitMs: 1_000,
});
const done = { type: "finished", finished: { outcome: "succeeded", lastSeq: 0 } } as const;
let ids = 0;
const open = (disk: ReturnType<typeof fakeDisk>) => openJournal(disk.mount(), () => `journal-${++ids}`);
const held = (journal: Awaited<ReturnType<typeof open>>) => journal.jobs().map(({ work, attempts }) => [work.jobId, attempts]);
const enospc = Object.assign(new Error("full"), { code: "ENOSPC" });

test("what was accepted is there after a power cut, in order, under the same id", async () => {
  const disk = fakeDisk();
  const journal = await open(disk);
  const first = await journal.accept(work(1), false);
  await journal.accept(work(2, "b"), true);
  await journal.append(first, { type: "started" }, { type: "canceled" });
  disk.cutPower();
  const again = await open(disk);
  expect(again.id).toBe(journal.id);
  expect(held(again)).toEqual([
    ["job_1", 1],
    ["job_2", 1],
  ]);
  expect(again.jobs()[0]).toMatchObject({ canceled: true });
});

test.each([1, 5, 40])("a tail of which only %i bytes reached the disk is dropped, and does not spoil what follows", async (kept) => {
  let failing = false;
  const disk = fakeDisk((act) => {
    if (failing && act === "sync") throw new Error("the power is gone");
  });
  const journal = await open(disk);
  await journal.accept(work(1), false);
  failing = true;
  await journal.accept(work(2, "b"), false).catch(() => {});
  disk.cutPower(() => kept);
  failing = false;
  const again = await open(disk);
  expect(held(again)).toEqual([["job_1", 0]]);
  await again.accept(work(3, "c"), false);
  expect(held(await open(disk))).toEqual([
    ["job_1", 0],
    ["job_3", 0],
  ]);
});

test("what an agent had written and not yet made safe when it was killed is safe once the next one goes by it", async () => {
  let slow = false;
  const disk = fakeDisk((act) => {
    if (slow && act === "syncNames") throw new Error("killed");
  });
  const journal = await open(disk);
  const job = await journal.accept(work(1), true);
  slow = true;
  await job.spool.say({ at: 0, step: "start", stream: "stdout", text: "line 1" }).catch(() => {});
  slow = false;
  expect((await open(disk)).jobs()[0]!.spool.last()).toBe(1);
  disk.cutPower();
  expect((await open(disk)).jobs()[0]!.spool.last()).toBe(1);
});

test("a journal of which a part is spoiled comes back under another id, and what it held counts as begun", async () => {
  const disk = fakeDisk();
  const journal = await open(disk);
  for (const n of [1, 2, 3]) await journal.accept(work(n, `lane ${n}`), false);
  const text = disk.text("log");
  disk.write("log", new TextEncoder().encode(text.replace('"job_2"', '"job_9"')));
  const again = await open(disk);
  expect(again.id).not.toBe(journal.id);
  expect(held(again)).toEqual([
    ["job_1", 1],
    ["job_3", 1],
  ]);
  expect(again.fence("lane 3")).toBe(0);
  expect(disk.names()).toContain("log.bad");
  expect((await open(disk)).id).toBe(again.id);
});

test("a bit that flips where it makes no character spoils its line, and no other", async () => {
  const disk = fakeDisk();
  const journal = await open(disk);
  for (const n of [1, 2, 3]) await journal.accept(work(n, `lane ${n}`), false);
  const bytes = new TextEncoder().encode(disk.text("log"));
  bytes[disk.text("log").indexOf('"job_2"') + 2]! |= 0x80;
  disk.write("log", bytes);
  const again = await open(disk);
  expect(held(again).map(([id]) => id)).toEqual(["job_1", "job_3"]);
  await again.accept(work(4, "d"), false);
  expect(held(await open(disk)).map(([id]) => id)).toEqual(["job_1", "job_3", "job_4"]);
});

test("a journal of a newer agent is not guessed at", async () => {
  const disk = fakeDisk();
  await (await open(disk)).accept(work(1), false);
  const line = lineOf(disk.mount(), { job: "job_1", record: { type: "promised" } });
  disk.write("log", new TextEncoder().encode(disk.text("log") + line));
  await expect(open(disk)).rejects.toThrow("newer agent");
});

test("a journal that is gone, or empty, comes back under another id", async () => {
  const disk = fakeDisk();
  const { id } = await open(disk);
  disk.write("log", new Uint8Array());
  const second = await open(disk);
  disk.wipe();
  const third = await open(disk);
  expect(new Set([id, second.id, third.id]).size).toBe(3);
});

test("on a full disk nothing is taken on, and what runs waits for space", async () => {
  let full = false;
  const disk = fakeDisk((act) => {
    if (full && act === "append") throw enospc;
  });
  const journal = await open(disk);
  const job = await journal.accept(work(1), true);
  full = true;
  await expect(journal.accept(work(2, "b"), true)).rejects.toThrow(DiskFull);
  const finished = journal.append(job, done);
  await Promise.resolve();
  expect(job.finished).toBeUndefined();
  full = false;
  await finished;
  expect((await open(disk)).jobs()).toMatchObject([{ work: { jobId: "job_1" }, finished: { outcome: "succeeded" } }]);
});

test("after a sync that failed nothing is promised any more", async () => {
  let failing = false;
  const disk = fakeDisk((act) => {
    if (failing && act === "sync") throw Object.assign(new Error("EIO"), { code: "EIO" });
  });
  const journal = await open(disk);
  failing = true;
  await expect(journal.accept(work(1), false)).rejects.toThrow("EIO");
  failing = false;
  await expect(journal.accept(work(2, "b"), false)).rejects.toThrow("EIO");
});

test("the highest number of each lane is remembered when its jobs are forgotten, until another database is obeyed", async () => {
  const disk = fakeDisk();
  const journal = await open(disk);
  await journal.welcomed({ incarnation: "one", epoch: 1 });
  const job = await journal.accept(work(7), false);
  await journal.append(job, done);
  await journal.forget(job);
  const again = await open(disk);
  expect(again.jobs()).toEqual([]);
  expect([again.fence("app:app_blog"), again.seen()]).toEqual([7, { incarnation: "one", epoch: 1 }]);
  await again.welcomed({ incarnation: "two", epoch: 1 });
  expect((await open(disk)).fence("app:app_blog")).toBe(0);
});

test("a log that has grown long is written anew, and says the same", async () => {
  const disk = fakeDisk();
  const journal = await open(disk);
  await journal.accept(work(1, "kept"), true);
  for (let n = 2; n < 1_500; n++) {
    const job = await journal.accept(work(n), true);
    await journal.append(job, done);
    await journal.forget(job);
  }
  expect(disk.text("log").length).toBeLessThan(400_000);
  disk.cutPower();
  const again = await open(disk);
  expect(again.id).toBe(journal.id);
  expect(held(again)).toEqual([["job_1", 1]]);
  expect(again.fence("app:app_blog")).toBe(1_499);
});

describe("on a real disk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const openReal = async () =>
    openJournal(await nodeDisk(folder), () => crypto.randomUUID(), { headBytes: 2_000, segmentBytes: 1_000, segments: 2 });

  test("jobs and what they said are there again", async () => {
    const journal = await openReal();
    const job = await journal.accept(work(1), true);
    await Promise.all(Array.from({ length: 100 }, (_, i) => job.spool.say({ at: i, step: "start", stream: "stdout", text: `line ${i}` })));
    const before = await job.spool.read(0, 1e6);
    const [again] = (await openReal()).jobs();
    expect(await again!.spool.read(0, 1e6)).toEqual(before);
    expect(before[0]).toMatchObject({ seq: 1, text: "line 0" });
    const reopened = await openReal();
    await reopened.append(reopened.jobs()[0]!, {
      type: "finished",
      finished: { outcome: "succeeded", lastSeq: await reopened.jobs()[0]!.spool.end() },
    });
    await reopened.forget(reopened.jobs()[0]!);
    expect((await openReal()).jobs()).toEqual([]);
  });
});
