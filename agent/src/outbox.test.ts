import { expect, test } from "vitest";
import { type AgentFrame, FRAME_BYTES } from "@appos/shared/agent-link";
import { openJournal } from "./journal/journal.ts";
import { fakeDisk } from "./machine/fake-disk.ts";
import { outbox } from "./outbox.ts";

const work = {
  jobId: "job_1",
  number: 1,
  by: null,
  kind: "start-app" as const,
  lane: "a",
  input: { appId: "app_blog", name: "blog" },
  after: 0,
  timeLimitMs: 1,
};

async function telling(texts: string[], finished = true) {
  const journal = await openJournal(fakeDisk().mount(), () => "journal");
  const job = await journal.accept(work, true);
  await Promise.all(texts.map((text) => job.spool.say({ at: 0, step: "start", stream: "stdout", text })));
  if (finished) await journal.append(job, { type: "finished", finished: { outcome: "succeeded", lastSeq: await job.spool.end() } });
  const sent: AgentFrame[] = [];
  const out = outbox(job, (frame) => void sent.push(frame));
  const seqs = () => sent.flatMap((frame) => (frame.type === "output" ? frame.entries.map(({ seq }) => seq) : []));
  return { out, sent, seqs, job };
}
const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}`);

test("nothing is said before it is asked from where", async () => {
  const { out, sent } = await telling(lines(1));
  await out.tell();
  expect(sent).toEqual([]);
});

test("every entry is sent once, in order, and the end after the last", async () => {
  const { out, sent, seqs } = await telling(lines(1_234));
  out.rewind(0);
  await out.tell();
  expect(seqs()).toEqual(lines(1_234).map((_, i) => i + 1));
  expect(sent.at(-1)).toMatchObject({ type: "finished", lastSeq: 1_234 });
});

test("no frame is larger than a frame may be, whatever the text", async () => {
  const { out, sent, seqs } = await telling(lines(400).map(() => "\u0001é😀".repeat(400)));
  out.rewind(0);
  for (let told = -1; told !== sent.length; out.ack(seqs().at(-1)!)) {
    told = sent.length;
    await out.tell();
  }
  expect(seqs()).toHaveLength(400);
  for (const frame of sent) expect(new TextEncoder().encode(JSON.stringify(frame)).length).toBeLessThanOrEqual(FRAME_BYTES);
});

test("who does not acknowledge is not flooded, and gets the rest when he does", async () => {
  const { out, seqs } = await telling(lines(5_000));
  out.rewind(0);
  await out.tell();
  const first = seqs().length;
  expect(first).toBeLessThan(5_000);
  await out.tell();
  expect(seqs()).toHaveLength(first);
  out.ack(first);
  await out.tell();
  expect(seqs()).toEqual(Array.from({ length: seqs().length }, (_, i) => i + 1));
});

test("what is said while a frame is on its way gathers", async () => {
  const { out, sent, job } = await telling(["first"], false);
  out.rewind(0);
  await out.tell();
  for (const text of lines(50)) {
    await job.spool.say({ at: 0, step: "start", stream: "stdout", text });
    await out.tell();
  }
  expect(sent).toHaveLength(1);
  out.ack(1);
  await out.tell();
  expect(sent).toHaveLength(2);
});

test("after a rewind what was sent is sent again from there, and nothing of before", async () => {
  const { out, seqs, sent } = await telling(lines(10));
  out.rewind(0);
  await out.tell();
  sent.length = 0;
  out.rewind(4);
  await out.tell();
  expect(seqs()).toEqual([5, 6, 7, 8, 9, 10]);
});
