import type { AgentFrame } from "@appos/shared/agent-link";
import { dataFrame, readDataFrame } from "@appos/shared/streams";
import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { type FakePty, fakePty } from "../machine/fake-pty.ts";
import { openStreams } from "./open-streams.ts";
import { startTerminals } from "./terminals.ts";

const soon = () => new Promise<void>((done) => setTimeout(done));
const bytes = (count: number, fill = 120) => new Uint8Array(count).fill(fill);

/** The streams of a link over which a data frame leaves when a test says so. */
async function world(count: number) {
  const { machine } = fakeMachine();
  const ptys: FakePty[] = [];
  const own = {
    ...machine,
    policyText: async () => "terminals: {host: true}",
    sleep: () => new Promise<void>(() => {}),
    openPty: async () => (ptys.push(fakePty()), ptys.at(-1)!.pty),
  };
  const said: AgentFrame[] = [];
  const left: { streamId: number; length: number }[] = [];
  let leaves: (() => void) | undefined;
  const streams = openStreams(own, startTerminals(own), {
    send: (frame) => void said.push(frame),
    sendBytes: (frame) =>
      new Promise((done) => {
        const { streamId, payload } = readDataFrame(frame)!;
        left.push({ streamId, length: payload.length });
        leaves = done;
      }),
  });
  const open = (streamId: number) => {
    const input = {
      session: `term_${streamId}`,
      by: "ada@example.org",
      target: { type: "host" },
      resume: false,
      after: 0,
      cols: 80,
      rows: 24,
    };
    streams.obey({ type: "open-stream", streamId, kind: "terminal", input });
  };
  for (let id = 1; id <= count; id++) {
    open(id);
    await soon();
  }
  /** The network takes one more frame. */
  const next = async () => {
    leaves?.();
    leaves = undefined;
    await soon();
  };
  return { streams, ptys, said, left, next, open };
}

test("data frames leave one at a time, each stream's in its turn, and whatever else is said goes before", async () => {
  const { ptys, left, next, said } = await world(2);
  ptys[0]!.say(bytes(200_000));
  await soon();
  ptys[1]!.say("x");
  await soon();
  expect(left).toEqual([{ streamId: 1, length: 65_536 }]);
  ptys[1]!.exit(0);
  await next();
  expect(left.at(-1)).toEqual({ streamId: 2, length: 1 });
  await next();
  expect(left.at(-1)).toEqual({ streamId: 1, length: 65_536 });
  expect(said.filter(({ type }) => type === "stream-closed")).toMatchObject([{ streamId: 2 }]);
});

test("no more than a window is sent without credit", async () => {
  const { streams, ptys, left, next } = await world(1);
  ptys[0]!.say(bytes(300_000));
  for (let i = 0; i < 10; i++) await next();
  const sent = () => left.reduce((sum, { length }) => sum + length, 0);
  expect(sent()).toBe(256 * 1024);
  streams.obey({ type: "credit", streamId: 1, bytes: 10_000 });
  for (let i = 0; i < 3; i++) await next();
  expect(sent()).toBe(256 * 1024 + 10_000);
});

test("credit for input comes back as the program reads it", async () => {
  const { streams, ptys, said } = await world(1);
  streams.hear(dataFrame(1, bytes(70_000)));
  streams.hear(dataFrame(1, bytes(10)));
  await soon();
  expect(ptys[0]!.typed.join("")).toHaveLength(70_010);
  expect(said.filter(({ type }) => type === "credit")).toEqual([{ type: "credit", streamId: 1, bytes: 70_000 }]);
});

test("an order that comes before the terminal is there is not lost", async () => {
  const { streams, ptys, open } = await world(0);
  open(7);
  streams.obey({ type: "stream-control", streamId: 7, message: { type: "resize", cols: 100, rows: 50 } });
  await soon();
  expect(ptys[0]!.sizes).toEqual(["100x50"]);
});

test("of what comes before the terminal is there the last size counts, and its end is never lost", async () => {
  const { streams, ptys, open } = await world(0);
  open(7);
  for (let cols = 1; cols <= 100; cols++)
    streams.obey({ type: "stream-control", streamId: 7, message: { type: "resize", cols, rows: 50 } });
  streams.obey({ type: "stream-control", streamId: 7, message: { type: "end", why: "Ended by ada@example.org." } });
  await soon();
  expect(ptys[0]!.sizes).toEqual(["100x50"]);
  expect(await ptys[0]!.pty.exited).toMatchObject({ signal: "SIGHUP" });
});

test("fifty terminals at once are enough", async () => {
  const { ptys, said, open } = await world(50);
  open(51);
  await soon();
  expect(ptys).toHaveLength(50);
  expect(said.at(-1)).toMatchObject({ type: "stream-closed", streamId: 51, code: "TOO_MANY_TERMINALS" });
});

test("a kind or an input that this agent does not know is refused, and nothing else", async () => {
  const { streams, said } = await world(0);
  streams.obey({ type: "open-stream", streamId: 1, kind: "telepathy", input: {} });
  streams.obey({ type: "open-stream", streamId: 2, kind: "terminal", input: { session: "term_1", cols: 100_000 } });
  streams.hear(new Uint8Array([9, 9]));
  streams.hear(dataFrame(99, bytes(3)));
  await soon();
  const error = "This agent does not know such a stream";
  expect(said).toEqual([
    { type: "stream-closed", streamId: 1, error },
    { type: "stream-closed", streamId: 2, error },
  ]);
});
