import { INPUT_BYTES, TERMINAL_SUBPROTOCOL, terminalCloseCodes } from "@appos/shared/terminals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LinkState, TerminalLink, wire } from "./terminal-link.ts";

class FakeSocket {
  static all: FakeSocket[] = [];
  static readonly OPEN = 1;
  readyState = 1;
  sent: unknown[] = [];
  onopen: (() => void) | undefined;
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onclose: ((event: { code: number }) => void) | undefined;
  readonly url: URL;

  constructor(url: URL) {
    this.url = url;
    FakeSocket.all.push(this);
  }
  send = (data: unknown) => void this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
  close = () => void (this.readyState = 3);
  opens = () => this.onopen?.();
  says = (frame: object) => this.onmessage?.({ data: JSON.stringify(frame) });
  prints = (text: string) => this.onmessage?.({ data: new TextEncoder().encode(text).buffer });
  ends = (code: number) => this.onclose?.({ code });
}

let asked: unknown[];
let answers: object[];
let states: LinkState[];
let printed: { text: string; again: boolean }[];
let lost: number[];
const ticket = { success: true, data: { ticket: "t", session: "term_1", expiresAt: 0 } };
const refusal = (code: string) => ({ success: false, message: `It is ${code}.`, error: { code } });

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answers, states, printed, lost, FakeSocket.all] = [[], [], [], [], [], []];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", { href: "https://console.example.org/servers/x/terminal" });
  vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => {
    asked.push(JSON.parse(body));
    return { json: async () => answers.shift() ?? ticket };
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = () => vi.advanceTimersByTimeAsync(0);
async function opened(session?: string, letIn = true) {
  const link = new TerminalLink({
    target: { of: "server", id: "srv_1" },
    session,
    size: () => ({ columns: 90, rows: 30 }),
    onstate: (state) => void states.push(state),
    onsession: () => {},
    onoutput(data, { again, taken }) {
      printed.push({ text: new TextDecoder().decode(data), again });
      taken();
    },
    onlost: (bytes) => void lost.push(bytes),
    whenBack: () => () => {},
  });
  const leave = link.start();
  await settle();
  const socket = FakeSocket.all.at(-1)!;
  if (letIn) socket?.opens();
  return { link, leave, socket };
}
const ready = { type: "ready", session: "term_1", offset: 0, lost: 0 };

test("what the console knows of the wire is what is shared", () => {
  expect(wire).toEqual({ protocol: TERMINAL_SUBPROTOCOL, inputBytes: INPUT_BYTES, elsewhere: terminalCloseCodes.elsewhere });
});

test("nothing is typed before the terminal is there, and nothing of it later", async () => {
  const { link, socket } = await opened();
  link.type(new Uint8Array([1]));
  socket.says(ready);
  link.type(new Uint8Array([2]));
  expect(socket.sent).toEqual([{ type: "resize", cols: 90, rows: 30 }, new Uint8Array([2])]);
});

test("asked where it is, it says so, and what was typed or read before counts no more", async () => {
  const { socket, link } = await opened();
  socket.says(ready);
  socket.prints("hello");
  link.type(new Uint8Array(wire.inputBytes));
  link.type(new Uint8Array(3));
  const sent = socket.sent.length;
  socket.says({ type: "where" });
  expect(socket.sent.slice(sent)).toEqual([new Uint8Array(3), { type: "at", after: 5, cols: 90, rows: 30 }]);
  socket.says({ ...ready, offset: 5 });
  socket.prints("!");
  expect(socket.sent.at(-1)).toEqual({ type: "read", bytes: 1 });
  expect(printed.map(({ text }) => text)).toEqual(["hello", "!"]);
});

test("it goes on where it was when its server is back, and says how much was not kept", async () => {
  const { socket } = await opened();
  socket.says(ready);
  socket.prints("hello");
  expect(socket.sent.at(-1)).toEqual({ type: "read", bytes: 5 });
  answers = [refusal("SERVER_AWAY")];
  socket.ends(4100);
  expect(states.at(-1)).toMatchObject({ is: "away" });
  await vi.advanceTimersByTimeAsync(5_000);
  const next = FakeSocket.all.at(-1)!;
  expect(asked).toEqual([{}, { session: "term_1" }, { session: "term_1" }]);
  expect(next.url.href).toBe("wss://console.example.org/api/v1/servers/srv_1/terminal?ticket=t&after=5&cols=90&rows=30");
  next.says({ ...ready, offset: 25, lost: 20, end: 30 });
  next.prints("world");
  expect(lost).toEqual([20]);
  expect(printed).toEqual([
    { text: "hello", again: false },
    { text: "world", again: false },
  ]);
  expect(states.map(({ is }) => is)).toEqual(["open", "away", "away", "open"]);
});

test("a page that comes back is told what was said before, as such", async () => {
  const { socket } = await opened("term_1");
  expect(asked).toEqual([{ session: "term_1" }]);
  socket.says({ ...ready, end: 6 });
  socket.prints("before");
  socket.prints("now");
  expect(printed).toEqual([
    { text: "before", again: true },
    { text: "now", again: false },
  ]);
  expect(lost).toEqual([]);
});

test("a socket that was never let in leaves no terminal to come back to", async () => {
  const { socket } = await opened(undefined, false);
  socket.ends(1006);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual([{}, {}]);
});

test("what a policy refuses is not tried again by itself", async () => {
  answers = [refusal("POLICY_REFUSED")];
  await opened();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
  expect(states).toEqual([{ is: "refused", error: expect.objectContaining({ code: "POLICY_REFUSED", message: "It is POLICY_REFUSED." }) }]);
});

test("what a server refuses once it is asked is said in its own words", async () => {
  const { socket } = await opened();
  socket.says({ type: "error", code: "NO_SHELL", message: "The container has no shell." });
  socket.ends(4103);
  expect(states.at(-1)).toMatchObject({ is: "refused", error: { message: "The container has no shell." } });
});

test("a terminal that has ended is over, with its exit code; one that was gone already, with why", async () => {
  const { socket } = await opened();
  socket.says(ready);
  socket.says({ type: "exit", code: 3, signal: null, why: "Its program has ended." });
  socket.ends(1000);
  expect(states.at(-1)).toEqual({ is: "ended", code: 3, signal: null, why: "Its program has ended." });

  answers = [refusal("TERMINAL_ENDED")];
  await opened("term_0");
  expect(states.at(-1)).toMatchObject({ is: "ended", code: null, why: "It is TERMINAL_ENDED." });
});

test("opened in another page, it stays there until it is taken back", async () => {
  const { link, socket } = await opened();
  socket.says(ready);
  socket.says({ type: "error", code: "ELSEWHERE", message: "" });
  socket.ends(4101);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([states.at(-1), asked.length]).toEqual([{ is: "elsewhere" }, 1]);
  link.takeOver();
  await settle();
  FakeSocket.all.at(-1)!.says(ready);
  expect(states.at(-1)).toEqual({ is: "open" });
});

test("whoever leaves the page leaves the terminal as it is", async () => {
  const { leave, socket } = await opened();
  socket.says(ready);
  leave();
  socket.ends(1000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([socket.sent.length, asked.length]).toEqual([1, 1]);
});
