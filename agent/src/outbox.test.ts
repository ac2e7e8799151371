import { expect, test } from "vitest";
import { type AgentFrame, FRAME_BYTES } from "@appos/shared/agent-link";
import type { Entry } from "@appos/shared/jobs";
import type { JournalledJob } from "./journal.ts";
import { outbox } from "./outbox.ts";

const work = { jobId: "job_1", kind: "start-app" as const, lane: "a", input: {}, after: 0, timeLimitMs: 1 };
const entry = (seq: number, text = `line ${seq}`): Entry => ({ seq, at: 0, step: "start", stream: "stdout", text });
const jobWith = (entries: Entry[]): JournalledJob => ({ work, attempts: 1, canceled: false, entries });
const seqs = (frames: AgentFrame[]) => frames.flatMap((frame) => (frame.type === "output" ? frame.entries.map(({ seq }) => seq) : []));

test("nothing is said before it is asked from where", () => {
  expect(outbox(jobWith([entry(1)])).next()).toEqual([]);
});

test("every entry is sent once, in order, and the end after the last", () => {
  const job = jobWith(Array.from({ length: 1_234 }, (_, i) => entry(i + 1)));
  job.finished = { outcome: "succeeded", lastSeq: 1_234 };
  const out = outbox(job);
  out.rewind(0);
  const sent = out.next();
  expect(seqs(sent)).toEqual(job.entries.map(({ seq }) => seq));
  expect(sent.at(-1)).toMatchObject({ type: "finished" });
  expect(out.next()).toEqual([]);
});

test("no frame is larger than a frame may be, whatever the text", () => {
  const out = outbox(jobWith(Array.from({ length: 400 }, (_, i) => entry(i + 1, "\u0001é😀".repeat(400)))));
  out.rewind(0);
  for (let frames = out.next(); frames.length > 0; frames = out.next()) {
    for (const frame of frames) expect(new TextEncoder().encode(JSON.stringify(frame)).length).toBeLessThanOrEqual(FRAME_BYTES);
    out.ack(seqs(frames).at(-1)!);
  }
});

test("who does not acknowledge is not flooded, and gets the rest when he does", () => {
  const out = outbox(jobWith(Array.from({ length: 5_000 }, (_, i) => entry(i + 1))));
  out.rewind(0);
  const first = seqs(out.next());
  expect(first.length).toBeLessThan(5_000);
  expect(out.next()).toEqual([]);
  out.ack(first.at(-1)!);
  expect(seqs(out.next())[0]).toBe(first.at(-1)! + 1);
});
