import type { StreamInput, StreamReport } from "@appos/shared/streams";
import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { type FakePty, fakePty } from "../machine/fake-pty.ts";
import type { StreamEars } from "./stream.ts";
import { terminal } from "./terminal.ts";
import { startTerminals } from "./terminals.ts";

const MINUTE = 60_000;
const HOST = "terminals: {host: true}";
const soon = () => new Promise<void>((done) => setTimeout(done));

/** A server whose terminals are in the hands of a test, and whose minutes pass when told. */
function world(policy: () => string | undefined = () => HOST) {
  const { machine, ...server } = fakeMachine();
  const ptys: FakePty[] = [];
  const reports: unknown[] = [];
  let pass: (() => void)[] = [];
  let held: Promise<void> | undefined;
  /** Whatever is opened takes as long as a test wants. */
  function holdPty() {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return resolve;
  }
  const own = {
    ...machine,
    policyText: async () => policy(),
    sleep: (ms: number) => (expect(ms).toBe(MINUTE), new Promise<void>((done) => pass.push(done))),
    openPty: async () => {
      await held;
      ptys.push(fakePty());
      return ptys.at(-1)!.pty;
    },
  };
  const terminals = startTerminals(own);
  terminals.connected((report) => reports.push(structuredClone(report)));

  /** A viewer comes; `room` is how many bytes it takes before it stops. */
  function attend(input: Partial<StreamInput<"terminal">> = {}, room = Infinity) {
    const gone = new AbortController();
    const said: StreamReport[] = [];
    let [output, taken] = ["", 0];
    let ears: StreamEars | undefined;
    let refill = () => {};
    const ended = terminal(
      { session: "term_1", by: "ada@example.org", target: { type: "host" }, resume: false, after: 0, cols: 80, rows: 24, ...input },
      {
        machine: own,
        terminals,
        signal: gone.signal,
        async write(bytes) {
          while (room <= 0 && !gone.signal.aborted) await new Promise<void>((done) => (refill = done));
          gone.signal.throwIfAborted();
          room -= bytes.length;
          output += new TextDecoder().decode(bytes);
        },
        say: (report) => void said.push(report),
        listen: (listener) => void (ears = listener),
        taken: (bytes) => void (taken += bytes),
      },
    ).then(
      () => "ended",
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
    return {
      said,
      ended,
      output: () => output,
      taken: () => taken,
      types: (text: string) => ears!.bytes(new TextEncoder().encode(text)),
      orders: (order: Parameters<StreamEars["order"]>[0]) => ears!.order(order),
      reads(bytes: number) {
        room += bytes;
        refill();
      },
      leave() {
        gone.abort();
        refill();
      },
    };
  }
  async function minutes(count: number) {
    for (let i = 0; i < count; i++) {
      for (const done of pass.splice(0)) done();
      await soon();
    }
    pass = [...pass];
  }
  return { ...server, terminals, ptys, reports, attend, minutes, holdPty };
}

test("nothing is opened that the server's policy does not allow", async () => {
  const { attend, ptys } = world(() => "terminals: {host: false}");
  expect(await attend().ended).toBe("POLICY_REFUSED");
  expect(await world(() => "terminals: {hosts: true}").attend().ended).toBe("POLICY_REFUSED");
  expect(ptys).toHaveLength(0);
});

test("a terminal that was open before is not opened anew, and another's is not shown", async () => {
  const { attend, ptys } = world();
  expect(await attend({ resume: true }).ended).toBe("TERMINAL_ENDED");
  expect(ptys).toHaveLength(0);
  attend();
  await soon();
  expect(await attend({ by: "eve@example.org" }).ended).toBe("TERMINAL_ENDED");
  expect(ptys).toHaveLength(1);
});

test("the policy is asked about the terminal that there is, whatever is said of it", async () => {
  const policies = ["terminals: {host: true}", "terminals: {host: false, exec: true}"];
  const it = world(() => policies[0]);
  it.attend();
  await soon();
  policies.shift();
  const target = { type: "exec", appId: "app_1", name: "web", service: "web" } as const;
  expect(await it.attend({ resume: true, target }).ended).toBe("TERMINAL_ENDED");
  expect(await it.attend({ resume: true }).ended).toBe("POLICY_REFUSED");
});

test("one whose viewers have gone before it was there ends at once, and is told of", async () => {
  const gone = world();
  const opened = gone.holdPty();
  gone.attend().leave();
  await soon();
  opened();
  await soon();
  expect(gone.reports).toMatchObject([
    { open: [], ended: [] },
    { open: ["term_1"], ended: [] },
    { open: [], ended: [{ session: "term_1", why: "Whoever asked for it had gone before it was there." }] },
  ]);

  const back = world();
  const later = back.holdPty();
  back.attend().leave();
  await soon();
  const again = back.attend();
  await soon();
  later();
  await soon();
  expect(again.said).toMatchObject([{ type: "ready" }]);
  expect(back.reports.at(-1)).toEqual({ open: ["term_1"], ended: [] });
});

test("one that whoever opened it may have no longer is ended, whether or not somebody looks on", async () => {
  const { attend, terminals, reports } = world();
  const viewer = attend();
  await soon();
  viewer.leave();
  terminals.stop("term_none", "No.");
  terminals.stop("term_1", "ada@example.org may not do this any more.");
  await soon();
  expect(reports.at(-1)).toMatchObject({ open: [], ended: [{ session: "term_1", why: "ada@example.org may not do this any more." }] });
});

test("what is said is shown, what is typed arrives, and its end comes last", async () => {
  const { attend, ptys, reports } = world();
  const viewer = attend();
  await soon();
  const [pty] = ptys;
  pty!.say("$ ");
  viewer.types("ls\n");
  viewer.orders({ type: "resize", cols: 100, rows: 30 });
  pty!.say("a b c");
  pty!.exit(3);
  expect(await viewer.ended).toBe("ended");
  expect(viewer.output()).toBe("$ a b c");
  expect(pty!.typed).toEqual(["ls\n"]);
  expect(pty!.sizes).toEqual(["100x30"]);
  const why = "Its program has ended with exit code 3.";
  expect(viewer.said).toEqual([
    { type: "ready", offset: 0, lost: 0, end: 0 },
    { type: "exit", code: 3, signal: null, why },
  ]);
  expect(reports).toEqual([
    { open: [], ended: [] },
    { open: ["term_1"], ended: [] },
    { open: [], ended: [{ session: "term_1", code: 3, signal: null, why }] },
  ]);
});

test("who comes back is shown what was missed, from the byte where it was", async () => {
  const { attend, ptys } = world();
  const first = attend();
  await soon();
  ptys[0]!.say("one two ");
  await soon();
  first.leave();
  ptys[0]!.say("three");
  const again = attend({ resume: true, after: 8 });
  await soon();
  expect(again.said).toEqual([{ type: "ready", offset: 8, lost: 0, end: 13 }]);
  expect(again.output()).toBe("three");
});

test("of what nobody saw the newest MiB is kept, and the rest is counted", async () => {
  const { attend, ptys } = world();
  const first = attend();
  await soon();
  first.leave();
  for (let i = 0; i < 30; i++) ptys[0]!.say(new Uint8Array(100_000).fill(65 + i));
  expect(ptys[0]!.paused).toBe(false);
  const again = attend({ resume: true, after: 10 });
  await soon();
  const offset = 3_000_000 - 1024 * 1024;
  expect(again.said).toEqual([{ type: "ready", offset, lost: offset - 10, end: 3_000_000 }]);
  expect(again.output()).toHaveLength(1024 * 1024);
});

test("a viewer that does not keep up makes the program wait; one that has gone does not", async () => {
  const { attend, ptys } = world();
  const viewer = attend({}, 1);
  await soon();
  const [pty] = ptys;
  for (let i = 0; i < 6; i++) pty!.say(new Uint8Array(60_000));
  await soon();
  expect(pty!.paused).toBe(true);
  viewer.reads(10_000_000);
  await soon();
  expect(viewer.output()).toHaveLength(360_000);
  expect(pty!.paused).toBe(false);

  const slow = attend({ resume: true, after: 360_000 }, 1);
  await soon();
  for (let i = 0; i < 6; i++) pty!.say(new Uint8Array(60_000));
  expect(pty!.paused).toBe(true);
  slow.leave();
  expect(pty!.paused).toBe(false);
});

test("the newest viewer has it, and the one before is told", async () => {
  const { attend, ptys } = world();
  const [first, second] = [attend(), attend({ resume: true })];
  await soon();
  expect(await first.ended).toBe("ELSEWHERE");
  first.types("late");
  second.types("now");
  expect(ptys).toHaveLength(1);
  expect(ptys[0]!.typed).toEqual(["now"]);
});

test("input that the program does not read is not taken, and no more than a window is held", async () => {
  const { attend, ptys } = world();
  const viewer = attend();
  await soon();
  ptys[0]!.reads = false;
  viewer.types("x".repeat(200_000));
  viewer.types("y".repeat(100_000));
  await soon();
  expect(viewer.taken()).toBe(0);
  expect(ptys[0]!.typed.join("")).toHaveLength(200_000);
  ptys[0]!.read();
  await soon();
  expect(viewer.taken()).toBe(200_000);
});

test("with nobody attached it ends after 15 minutes, and not sooner", async () => {
  const { attend, reports, minutes } = world();
  const first = attend();
  await soon();
  first.leave();
  await minutes(14);
  expect(reports).toHaveLength(2);
  const back = attend({ resume: true });
  await soon();
  await minutes(20);
  back.leave();
  await minutes(14);
  expect(reports).toHaveLength(2);
  await minutes(1);
  expect(reports.at(-1)).toMatchObject({ open: [], ended: [{ session: "term_1", why: "Nobody was attached for 15 minutes." }] });
});

test("without input it ends after twelve hours, whoever looks on", async () => {
  const { attend, reports, minutes } = world();
  const viewer = attend();
  await soon();
  await minutes(700);
  viewer.types(" ");
  await minutes(719);
  expect(reports).toHaveLength(2);
  await minutes(1);
  expect(await viewer.ended).toBe("ended");
  expect(viewer.said.at(-1)).toMatchObject({ type: "exit", why: "Nothing was typed for 12 hours." });
});

test("a new link hears which are open, and of an end that it missed only that it is not among them", async () => {
  const { attend, ptys, terminals } = world();
  attend();
  attend({ session: "term_2" });
  await soon();
  terminals.disconnected();
  ptys[0]!.exit(0);
  await soon();
  const heard: unknown[] = [];
  terminals.connected((report) => heard.push(report));
  expect(heard).toEqual([{ open: ["term_2"], ended: [expect.objectContaining({ session: "term_1", code: 0 })] }]);
});
