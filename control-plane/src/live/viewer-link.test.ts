import type { ControlFrame } from "@appos/shared/agent-link";
import { dataFrame, readDataFrame, STREAM_WINDOW, type StreamInput } from "@appos/shared/streams";
import type { TerminalFrame } from "@appos/shared/terminals";
import { expect, test } from "vitest";
import { linkStreams, type StreamFrame } from "./streams.ts";
import { viewerLink } from "./viewer-link.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const input: StreamInput<"terminal"> = {
  session: "term_1",
  by: "ada@example.org",
  target: { type: "host" },
  resume: false,
  after: 0,
  cols: 80,
  rows: 24,
};

/** A browser at a terminal, with both ends in the hands of a test. */
function world() {
  const sent: ControlFrame[] = [];
  const typed: string[] = [];
  const streams = linkStreams({
    send: (frame) => void sent.push(frame),
    sendBytes: (frame) => void typed.push(new TextDecoder().decode(readDataFrame(frame)!.payload)),
  });
  const frames: TerminalFrame[] = [];
  const closed: number[] = [];
  const noted: string[] = [];
  let output = "";
  const viewer = viewerLink(
    input,
    {
      send: (text) => void frames.push(JSON.parse(text) as TerminalFrame),
      sendBytes: (bytes) => void (output += new TextDecoder().decode(bytes)),
      close: (code) => void closed.push(code),
    },
    (ears) => streams.connect("terminal", input, ears),
    { ready: async () => void noted.push("ready"), refused: async (why) => void noted.push(why) },
  );
  type Message = Extract<StreamFrame, { type: "stream-control" }>["message"];
  return {
    streams,
    frames,
    closed,
    noted,
    output: () => output,
    typed: () => typed.join(""),
    types: (text: string) => viewer.receiveBytes(utf8(text)),
    reads: (bytes: number) => viewer.receive(JSON.stringify({ type: "read", bytes })),
    says: viewer.receive,
    leave: viewer.leave,
    /** What the agent does. */
    prints: (text: string) => streams.receive(dataFrame(1, utf8(text))),
    reports: (message: Message) => streams.hear({ type: "stream-control", streamId: 1, message }),
    ready: () => streams.hear({ type: "stream-control", streamId: 1, message: { type: "ready", offset: 0, lost: 0 } }),
    credits: (bytes: number) => streams.hear({ type: "credit", streamId: 1, bytes }),
    closes: (error?: { error: string; code: string }) => streams.hear({ type: "stream-closed", streamId: 1, ...error }),
    heard: (type: ControlFrame["type"]) => sent.filter((frame) => frame.type === type),
    credit: () => sent.reduce((sum, frame) => sum + (frame.type === "credit" ? frame.bytes : 0), 0),
  };
}

const exit = { type: "exit", code: 0, signal: null, why: "Its program has ended." } as const;

test("bytes pass both ways, and what is typed before the terminal is there waits for it", () => {
  const it = world();
  it.types("ls\n");
  expect(it.typed()).toBe("");
  it.ready();
  it.prints("$ ");
  expect([it.typed(), it.output()]).toEqual(["ls\n", "$ "]);
  expect(it.frames).toEqual([{ type: "ready", session: "term_1", offset: 0, lost: 0 }]);
  expect(it.noted).toEqual(["ready"]);
});

test("a browser that reads nothing is sent a window, and its server may be a window ahead, but no further", () => {
  const it = world();
  it.ready();
  for (let i = 0; i < 8; i++) expect(it.prints("x".repeat(60_000))).toBe(true);
  expect(it.output()).toHaveLength(STREAM_WINDOW);
  expect(it.credit()).toBeLessThanOrEqual(STREAM_WINDOW);
  it.reads(100_000);
  expect(it.output()).toHaveLength(STREAM_WINDOW + 100_000);
  const room = STREAM_WINDOW + it.credit() - 480_000;
  expect(it.prints("x".repeat(Math.min(room, 65_000)))).toBe(true);
  for (let i = 0; i < 10; i++) it.prints("x".repeat(60_000));
  expect(it.prints("x".repeat(65_000))).toBe(false);
});

test("input goes on as far as its program reads, is counted when it has gone, and is bounded", () => {
  const it = world();
  it.ready();
  for (let i = 0; i < 8; i++) it.types("y".repeat(100_000));
  expect(it.typed()).toHaveLength(STREAM_WINDOW);
  const taken = () => it.frames.reduce((sum, frame) => sum + (frame.type === "taken" ? frame.bytes : 0), 0);
  expect(taken()).toBeGreaterThan(STREAM_WINDOW - 64 * 1024);
  it.credits(1_000);
  expect(it.typed()).toHaveLength(STREAM_WINDOW + 1_000);
  // No more than a window, whatever an agent says.
  it.credits(1_000_000_000);
  expect(it.typed()).toHaveLength(2 * STREAM_WINDOW + 1_000);
  for (let i = 0; i < 10; i++) it.types("y".repeat(100_000));
  expect(it.closed).toEqual([4000]);
  expect(it.heard("close-stream")).toEqual([{ type: "close-stream", streamId: 1 }]);
});

test("the end comes after all that was said, also to a browser that reads slowly", () => {
  const it = world();
  it.ready();
  for (let i = 0; i < 6; i++) it.prints("x".repeat(50_000));
  it.reports(exit);
  it.closes();
  expect(it.frames.at(-1)).toMatchObject({ type: "ready" });
  it.reads(200_000);
  expect(it.output()).toHaveLength(300_000);
  expect(it.frames.at(-1)).toEqual(exit);
  expect(it.closed).toEqual([1000]);
});

test("a browser that claims to have read what it was not sent is put out, and one that talks nonsense", () => {
  for (const said of [
    { type: "read", bytes: 4 },
    { type: "resize", cols: 65_535, rows: 65_535 },
    { type: "resize", cols: 0, rows: 24 },
    { type: "sudo" },
    "x",
  ]) {
    const it = world();
    it.ready();
    it.prints("abc");
    it.says(JSON.stringify(said));
    expect(it.closed, JSON.stringify(said)).toEqual([4000]);
  }
});

test("why it cannot be is told with its code, and noted where it never began", () => {
  const refused = world();
  refused.closes({ code: "NO_SHELL", error: "There is no shell." });
  expect(refused.frames).toEqual([{ type: "error", code: "NO_SHELL", message: "There is no shell." }]);
  expect([refused.closed, refused.noted]).toEqual([[4103], ["There is no shell."]]);

  const replaced = world();
  replaced.ready();
  replaced.closes({ code: "ELSEWHERE", error: "It was opened in another place." });
  expect([replaced.closed, replaced.noted]).toEqual([[4101], ["ready"]]);
});

test("of many sizes the first and the last are passed on, and it is ended once", async () => {
  const it = world();
  it.ready();
  for (let cols = 1; cols <= 200; cols++) it.says(JSON.stringify({ type: "resize", cols, rows: 24 }));
  for (let i = 0; i < 100; i++) it.says(JSON.stringify({ type: "end" }));
  await new Promise((done) => setTimeout(done, 120));
  it.says(JSON.stringify({ type: "resize", cols: 300, rows: 24 }));
  expect(it.heard("stream-control")).toMatchObject([
    { message: { type: "resize", cols: 1 } },
    { message: { type: "end", why: "Ended by ada@example.org." } },
    { message: { type: "resize", cols: 200 } },
    { message: { type: "resize", cols: 300 } },
  ]);
  it.says(JSON.stringify({ type: "resize", cols: 301, rows: 24 }));
  it.leave();
  await new Promise((done) => setTimeout(done, 60));
  expect(it.heard("stream-control")).toHaveLength(4);
});

test("its server away, it is told so once; gone, it says nothing more", () => {
  const it = world();
  it.ready();
  it.streams.end("The link is lost");
  it.prints("late");
  expect(it.frames.at(-1)).toEqual({ type: "away" });
  expect(it.closed).toEqual([4100]);

  const gone = world();
  gone.ready();
  gone.leave();
  gone.prints("late");
  gone.types("late");
  expect([gone.output(), gone.typed(), gone.closed]).toEqual(["", "", []]);
  expect(gone.heard("close-stream")).toHaveLength(1);
});
