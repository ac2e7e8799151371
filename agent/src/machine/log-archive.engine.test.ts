import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { logArchive } from "../log-archive/archive.ts";
import { keepLogsOfEnding } from "../log-archive/keep.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(world.end);
const { machine, deploy, run } = world;
const docker = async (...words: string[]) => void (await promisify(execFile)("docker", words));

/** Counts as fast as it can, and has more to say when it is told to end. */
const talker = (words: string) => `services:
  web:
    image: "${BUSYBOX}"
    command:
      - sh
      - -c
      - 'trap "echo ${words} bye; echo ${words} last >&2; exit 0" TERM; i=0; while true; do i=$$((i+1)); echo ${words} $$i; usleep 200; done'
`;

async function keptTexts(name: string) {
  const archive = logArchive(machine, `appos-${name}`);
  const kept = await archive.kept();
  const texts: string[] = [];
  for (const { blocks } of kept) for (const block of blocks) texts.push(...(await archive.lines(block)).map(({ text }) => text));
  return { kept, texts };
}

/** Each number once and in order, and what was said at the very end. */
function isWhole(texts: string[], word: string) {
  const own = texts.filter((text) => text.startsWith(`${word} `)).map((text) => text.slice(word.length + 1));
  const numbers = own.filter((text) => /^\d+$/.test(text)).map(Number);
  expect(numbers.length).toBeGreaterThan(100);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  expect(own.filter((text) => text === "bye" || text === "last").toSorted()).toEqual(["bye", "last"]);
}

test("the log of a container that is made anew while it writes is kept to its last line, each once", async () => {
  await deploy("la-a", 1, talker("one"));
  await sleep(1_000);
  for (const [i, word] of ["two", "three"].entries()) {
    const ended = await deploy("la-a", i + 2, talker(word));
    expect(ended.outcome).toBe("succeeded");
    await sleep(500);
  }
  const { kept, texts } = await keptTexts("la-a");
  expect(kept.map(({ origin }) => [origin.service, origin.container, origin.release])).toEqual(
    [1, 2].map((release) => ["web", "appos-la-a-web-1", release]),
  );
  for (const word of ["one", "two"]) isWhole(texts, word);
});

test("a job that is cut off in the middle of it loses nothing and doubles nothing", async () => {
  await deploy("la-b", 1, talker("one"));
  await sleep(500);
  // The order to stop has been heard, and the job ends: Compose is gone before it could have the container removed, or after.
  for (const [i, word] of ["two", "three"].entries()) {
    const stop = new AbortController();
    const going = deploy("la-b", i + 2, talker(word), {
      signal: stop.signal,
      onSay: ({ text }) => void (/Recreate|Recreated|Starting/.test(text) && setTimeout(() => stop.abort(), i * 40)),
    });
    await going;
  }
  expect((await deploy("la-b", 4, talker("four"))).outcome).toBe("succeeded");
  const archive = logArchive(machine, "appos-la-b");
  const kept = await archive.kept();
  expect(kept.length).toBeGreaterThan(1);
  for (const { blocks } of kept) {
    const parts = (await Promise.all(blocks.map(archive.lines))).flat();
    expect(new Set(parts.map(({ stamp }) => stamp)).size).toBe(parts.length);
    // A container that was put back counts from the beginning again.
    const numbers = parts.flatMap(({ text }) => (/^\w+ (\d+)$/.exec(text) ?? []).slice(1).map(Number));
    expect(numbers.filter((number, i) => number !== 1 && number !== numbers[i - 1]! + 1)).toEqual([]);
    const ends = numbers.filter((number) => number === 1).length;
    expect(parts.filter(({ text }) => text.endsWith(" bye"))).toHaveLength(ends);
    expect(parts.filter(({ text }) => text.endsWith(" last"))).toHaveLength(ends);
  }
});

test("what a first release said that could not be started is kept, though nothing of it is left", async () => {
  const script = "echo the configuration is missing >&2; exit 3";
  const ended = await deploy("la-c", 1, `services:\n  web: {image: "${BUSYBOX}", command: [sh, -c, ${JSON.stringify(script)}]}\n`);
  expect(ended.outcome).toBe("failed");
  expect(await world.containers("la-c")).toEqual([]);
  expect((await keptTexts("la-c")).texts).toContain("the configuration is missing");
});

test("what somebody removes by hand is kept as far as can be, and what AppOS removes goes altogether", async () => {
  const stop = new AbortController();
  keepLogsOfEnding(machine, stop.signal);
  // It does not listen to the order to end, so there is a second in which it is known that it will.
  const script = "i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo line $i; done; exec sleep 600".replaceAll("$", "$$$$");
  await deploy("la-d", 1, `services:\n  web: {image: "${BUSYBOX}", command: [sh, -c, ${JSON.stringify(script)}]}\n`);
  await sleep(300);
  await docker("stop", "-t", "1", "appos-la-d-web-1");
  await docker("rm", "appos-la-d-web-1");
  await until(async () => (await keptTexts("la-d")).texts.length >= 500);
  expect((await keptTexts("la-d")).texts).toEqual(Array.from({ length: 500 }, (_, i) => `line ${i + 1}`));
  stop.abort();
  await run("remove-app", { name: "la-d", volumes: "delete" });
  expect((await keptTexts("la-d")).kept).toEqual([]);
  expect(existsSync(join(machine.folder, "logs/appos-la-d"))).toBe(false);
});

async function until(seen: () => Promise<boolean>) {
  for (let i = 0; i < 100 && !(await seen()); i++) await sleep(50);
}
