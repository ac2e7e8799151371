import { beforeEach, expect, test } from "vitest";
import { memoryPlatform } from "../../platform/memory/platform.ts";
import { activity } from "../activity/schema.ts";
import { steadyTime } from "./steady-time.ts";
import { systemStore } from "./store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let platform: Awaited<ReturnType<typeof memoryPlatform>>;
let elapsed: number;
let wall: number;
let warnings: string[];
const pass = (ms: number) => ([elapsed, wall] = [elapsed + ms, wall + ms]);

beforeEach(async () => {
  platform = await memoryPlatform();
  [elapsed, wall, warnings] = [5_000, Date.UTC(2026, 10, 21), []];
});

/** A start of the control plane, on the database there is: asks what time it may go by. */
function start() {
  elapsed = 0;
  const clock = { now: () => wall, elapsed: () => elapsed };
  const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message) };
  return steadyTime({ database: platform.database, clock, log });
}
/** Asks every minute, for so long: whether the time was believed all the while, never, or for a part of it. */
async function during(now: () => Promise<number | undefined>, ms: number) {
  const seen = new Set<boolean>();
  for (let i = 0; i < ms / MINUTE; i++) {
    pass(MINUTE);
    seen.add((await now()) !== undefined);
  }
  return seen.size > 1 ? "partly" : seen.has(true);
}

test("a clock that goes steadily is believed, over starts that are days apart", async () => {
  const now = start();
  expect(await now()).toBe(wall);
  expect(await during(now, 2 * HOUR)).toBe(true);
  pass(6 * DAY);
  expect(await start()()).toBe(wall);
  // A correction of a few seconds is none to speak of.
  wall -= 10_000;
  expect(await start()()).toBe(wall);
  expect(warnings).toEqual([]);
});

test("a clock that jumps ten years ahead is not believed for a day, however often it is asked", async () => {
  const now = start();
  await now();
  wall += 3_650 * DAY;
  expect([await now(), await now()]).toEqual([undefined, undefined]);
  expect(await during(now, 24 * HOUR - MINUTE)).toBe(false);
  expect(warnings).toEqual([expect.stringMatching(/3650 days ahead.*nothing is removed because of its age.*timedatectl/)]);
  expect(await during(now, 2 * MINUTE)).not.toBe(false);
  expect(await during(now, HOUR)).toBe(true);
});

test("a clock that comes back from a jump is believed at once", async () => {
  const now = start();
  await now();
  wall += 3_650 * DAY;
  expect(await during(now, 5 * MINUTE)).toBe(false);
  wall -= 3_650 * DAY;
  expect(await now()).toBe(wall);
});

test("a clock that is set again and again is not believed", async () => {
  const now = start();
  await now();
  for (let i = 0; i < 30; i++) {
    wall += 100 * DAY;
    expect(await during(now, 2 * HOUR)).toBe(false);
  }
  expect(warnings).toHaveLength(1);
});

test("a machine that slept for a night is believed again after an hour, without a word", async () => {
  const now = start();
  await now();
  wall += 9 * HOUR;
  expect(await during(now, HOUR - MINUTE)).toBe(false);
  pass(2 * MINUTE);
  expect(await now()).toBe(wall);
  expect(warnings).toEqual([]);
});

test("a start more than seven days after the last look, or before it, waits for a day", async () => {
  for (const jump of [8 * DAY, -3 * DAY]) {
    expect(await start()()).toBe(wall);
    wall += jump;
    const now = start();
    expect(await now()).toBeUndefined();
    expect(await during(now, 24 * HOUR - MINUTE)).toBe(false);
    pass(2 * MINUTE);
    expect(await now()).toBe(wall);
    expect(await start()()).toBe(wall);
  }
  expect(warnings).toHaveLength(2);
  expect(warnings[1]).toContain("3 days behind");
});

test("what was not believed is not written down: another start does not believe it either", async () => {
  await start()();
  wall += 3_650 * DAY;
  for (let i = 0; i < 3; i++) expect(await during(start(), HOUR)).toBe(false);
});

test("a database from before this was kept is known by what was done last", async () => {
  const row = { by: null, address: null, action: "x", subject: "y" };
  await platform.database.insert(activity).values({ ...row, id: "act_1", at: wall - 3_650 * DAY });
  expect(await start()()).toBeUndefined();
  await platform.database.insert(activity).values({ ...row, id: "act_2", at: wall - DAY });
  expect(await start()()).toBe(wall);
});

test("the last look is written once an hour at most", async () => {
  const now = start();
  const kept = async () => Number(await systemStore(platform.database).fact("lastTick", "0"));
  await now();
  const first = await kept();
  expect(first).toBe(wall);
  await during(now, HOUR - MINUTE);
  expect(await kept()).toBe(first);
  await during(now, MINUTE);
  expect(await kept()).toBe(wall);
});

test("a clock that nobody sets is believed at once, however long nothing was done", async () => {
  await start()();
  wall += 3_650 * DAY;
  const { database } = platform;
  const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message) };
  expect(await steadyTime({ database, clock: { now: () => wall, elapsed: () => wall, sure: true }, log })()).toBe(wall);
  expect(warnings).toEqual([]);
});
