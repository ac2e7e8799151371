import { setTimeout as sleep } from "node:timers/promises";
import { LogLine, LogNote, type LogPast } from "@appos/shared/logs";
import { afterAll, expect, test } from "vitest";
import { logs } from "../streams/logs.ts";
import { appId, BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(world.end);
const { machine, deploy, run } = world;

type Question = { service?: string; tail?: number; since?: number; follow?: boolean };

/** Opens a log as the control plane does, and reads on until it is stopped. */
function open(name: string, question: Question, slow = async () => {}) {
  const lines: LogLine[] = [];
  const notes: LogPast[] = [];
  const stop = new AbortController();
  let open = 0;
  const write = async (bytes: Uint8Array) => {
    if (++open > 1) throw new Error("A line was written before the one before was taken");
    for (const line of new TextDecoder().decode(bytes).trimEnd().split("\n")) {
      const said: unknown = JSON.parse(line);
      const note = LogNote.safeParse(said).data;
      if (note) notes.push(note.past);
      else lines.push(LogLine.parse(said));
    }
    await slow();
    open--;
  };
  const input = { appId: appId(name), name, tail: 200, follow: false, ...question };
  const ended = logs(input, { machine, signal: stop.signal, write });
  const until = async (seen: (texts: string[]) => boolean) => {
    for (let i = 0; i < 200 && !seen(lines.map(({ text }) => text)); i++) await sleep(50);
    return lines.map(({ text }) => text);
  };
  return { lines, notes, ended, until, stop: async () => (stop.abort(), await ended) };
}

const service = (name: string, script: string, more = "") =>
  `  ${name}: {image: "${BUSYBOX}", command: [sh, -c, ${JSON.stringify(script.replaceAll("$", "$$$$"))}], stop_signal: KILL, ${more}}`;

test("the past of all services, in order of time; of one; the newest lines; both outputs", async () => {
  const talk = (word: string) => `for i in 1 2 3 4 5; do echo ${word} $i; sleep 0.05; done; echo ${word} oops >&2; exec sleep 600`;
  await deploy("h2-l", 1, `services:\n${service("a", talk("a"))}\n${service("b", talk("b"), "tty: true")}`);
  const all = open("h2-l", {});
  await all.ended;
  expect(all.lines).toHaveLength(12);
  expect(all.lines.map(({ at }) => at)).toEqual(all.lines.map(({ at }) => at).toSorted((x, y) => x - y));
  expect(new Set(all.lines.map(({ text }) => text[0]))).toEqual(new Set(["a", "b"]));
  expect(all.lines.find(({ text }) => text === "a oops")).toMatchObject({ service: "a", container: "appos-h2-l-a-1", stream: "stderr" });
  expect(Math.abs(Date.now() - all.lines[0]!.at)).toBeLessThan(60_000);

  const newest = open("h2-l", { service: "b", tail: 2 });
  await newest.ended;
  expect(newest.lines.map(({ text }) => text)).toEqual(["b 5", "b oops"]);
  const later = open("h2-l", { service: "a", since: all.lines.at(-1)!.at + 60_000 });
  await later.ended;
  expect(later.lines).toEqual([]);
});

test("following: no line twice, none missing, through a restart and a new release, to a slow reader", async () => {
  const count = (word: string) => `i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo ${word} $i; done; exec sleep 600`;
  await deploy("h2-m", 1, `services:\n${service("w", count("one"))}`);
  const followed = open("h2-m", { tail: 1_000, follow: true }, () => sleep(0));
  await followed.until((texts) => texts.length >= 400);
  await run("restart-app", { name: "h2-m" });
  await followed.until((texts) => texts.length >= 800);
  await deploy("h2-m", 2, `services:\n${service("w", count("two"))}`);
  const texts = await followed.until((seen) => seen.length >= 1_200);
  await followed.stop();

  const counted = (word: string) => Array.from({ length: 400 }, (_, i) => `${word} ${i + 1}`);
  expect(texts).toEqual([...counted("one"), ...counted("one"), ...counted("two")]);
});

test("from now on only", async () => {
  const followed = open("h2-m", { tail: 0, follow: true });
  await sleep(300);
  await run("restart-app", { name: "h2-m" });
  expect((await followed.until((texts) => texts.length >= 400))[0]).toBe("two 1");
  await followed.stop();
});

test("lines without end, and bytes that are no text", async () => {
  await deploy(
    "h2-n",
    1,
    `services:\n${service("w", `head -c 100000 /dev/zero | tr '\\0' x; echo; printf '\\377\\376 caf\\303\\251\\n'; printf 'no newline'`)}`,
  );
  const { lines, ended } = open("h2-n", {});
  await ended;
  expect(lines.map(({ text }) => text)).toEqual([`${"x".repeat(16_384)} … (83616 bytes more)`, "\ufffd\ufffd café", "no newline"]);
});
