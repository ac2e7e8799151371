import type { ServerSample } from "@appos/shared/servers";
import { expect, test } from "vitest";
import { roomSample } from "./room-sample.ts";

const MINUTE = 60_000;
const sample = (at: number) => ({ at }) as ServerSample;

function world(samples: "always" | "asked") {
  let now = 0;
  const watched: number[] = [];
  const room = roomSample(
    samples,
    () => now,
    (forMs) => void watched.push(forMs),
  );
  return { ...room, watched, pass: (ms: number) => void (now += ms) };
}

test("where samples always come, the last one is what there is, and nobody is asked", async () => {
  const { latest, came, watched } = world("always");
  expect(await latest()).toBeUndefined();
  came(sample(1));
  expect([await latest(), watched]).toEqual([sample(1), []]);
});

test("where they come only while somebody looks, who looks first waits for one, and who goes on looking asks again in time", async () => {
  const { latest, came, watched, pass } = world("asked");
  const first = latest();
  came(sample(1));
  expect([await first, watched]).toEqual([sample(1), [5 * MINUTE]]);
  pass(20_000);
  expect([await latest(), watched.length]).toEqual([sample(1), 1]);
  pass(3 * MINUTE);
  // What is older than a while says nothing of now.
  expect([await latest(), watched.length]).toEqual([undefined, 2]);
});

test("an agent that does not answer keeps nobody waiting for long, and only once", async () => {
  const { latest } = world("asked");
  expect(await latest()).toBeUndefined();
  const began = performance.now();
  expect(await latest()).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(500);
});
