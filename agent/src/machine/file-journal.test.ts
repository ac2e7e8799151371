import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { JournalRecord } from "../journal.ts";
import { fileJournal } from "./file-journal.ts";

const folder = await mkdtemp(join(tmpdir(), "journal-"));
afterEach(() => rm(folder, { recursive: true, force: true }));

const accepted: JournalRecord = {
  type: "accepted",
  work: {
    jobId: "job_1",
    kind: "start-app",
    lane: "app:app_blog",
    input: { appId: "app_blog", name: "blog" },
    after: 0,
    timeLimitMs: 1_000,
  },
};
const entry = (seq: number): JournalRecord => ({
  type: "entry",
  entry: { seq, at: 0, step: "start", stream: "stdout", text: `line ${seq}` },
});

test("what was appended is there when the journal is opened again, in order, under the same id", async () => {
  const journal = await fileJournal(folder);
  const said = Array.from({ length: 100 }, (_, i) => entry(i + 1));
  await Promise.all([accepted, ...said].map((record) => journal.append("job_1", record)));

  const again = await fileJournal(folder);
  expect(again.id).toBe(journal.id);
  expect(await again.load()).toEqual([[accepted, ...said]]);
});

test("a record cut short by a power cut is dropped, and does not spoil the next one", async () => {
  const journal = await fileJournal(folder);
  await journal.append("job_1", accepted);
  await appendFile(join(folder, "job_1.jsonl"), '{"type":"entry","entry":{"seq":1,"te');

  const again = await fileJournal(folder);
  expect(await again.load()).toEqual([[accepted]]);
  await again.append("job_1", entry(1));
  expect(await (await fileJournal(folder)).load()).toEqual([[accepted, entry(1)]]);
});

test("a job that never got as far as its acceptance is no job", async () => {
  await (await fileJournal(folder)).load();
  await appendFile(join(folder, "job_1.jsonl"), '{"type":"acce');
  expect(await (await fileJournal(folder)).load()).toEqual([]);
});

test("a job whose records are damaged is set aside, and the others are there", async () => {
  const journal = await fileJournal(folder);
  await journal.append("job_1", accepted);
  await appendFile(join(folder, "job_2.jsonl"), '{"type":"accepted","work":{}}\n');
  expect(await (await fileJournal(folder)).load()).toEqual([[accepted]]);
  expect(await readdir(folder)).toContain("job_2.jsonl.bad");
});

test("a forgotten job leaves nothing behind; a lost journal comes back under another id", async () => {
  const journal = await fileJournal(folder);
  await journal.append("job_1", accepted);
  await journal.forget("job_1");
  expect(await readdir(folder)).toEqual(["id"]);

  await rm(folder, { recursive: true });
  expect((await fileJournal(folder)).id).not.toBe(journal.id);
});
