import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { turnstile } from "./turnstile.ts";

const limits = { atOnce: 2, insideMs: 1_000, waitMs: 8_000 };
const stays = () => {};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("lets so many in at once, and the next when one leaves", async () => {
  const gate = turnstile(limits);
  const [first] = [await gate.enter(stays), await gate.enter(stays)];
  const entered: string[] = [];
  void gate.enter(stays).then(() => entered.push("third"));
  void gate.enter(stays).then(() => entered.push("fourth"));
  await vi.advanceTimersByTimeAsync(10);
  expect(entered).toEqual([]);
  first!();
  first!();
  await vi.advanceTimersByTimeAsync(0);
  expect(entered).toEqual(["third"]);
});

test("whoever stays inside too long holds nobody up", async () => {
  const gate = turnstile(limits);
  const leave = await gate.enter(stays);
  await gate.enter(stays);
  const third = gate.enter(stays);
  await vi.advanceTimersByTimeAsync(limits.insideMs);
  expect(await third).toBeTypeOf("function");
  leave!();
  expect(await gate.enter(stays)).toBeTypeOf("function");
});

test("whoever has waited too long, or gives up, is not let in and takes nobody's place", async () => {
  const gate = turnstile({ ...limits, insideMs: 60_000 });
  const [first] = [await gate.enter(stays), await gate.enter(stays)];
  const late = gate.enter(stays);
  await vi.advanceTimersByTimeAsync(limits.waitMs);
  expect(await late).toBeUndefined();
  let giveUp = () => {};
  const gone = gate.enter((task) => (giveUp = task));
  const next = gate.enter(stays);
  giveUp();
  expect(await gone).toBeUndefined();
  first!();
  expect(await next).toBeTypeOf("function");
});
