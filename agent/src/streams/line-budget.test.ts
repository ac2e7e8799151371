import { expect, test } from "vitest";
import type { LogOrigin } from "../log-archive/blocks.ts";
import type { LogPart } from "../machine/machine.ts";
import { lineBudget } from "./line-budget.ts";

const origin = { id: "c" } as LogOrigin;
const line = (text: string) => ({ origin, part: { stream: "stdout", stamp: "", text } satisfies LogPart });
const texts = (lines: { part: LogPart }[]) => lines.map(({ part }) => part.text);
/** With its 200 bytes, and 50 characters at two each. */
const LINE = 300;
const text = (word: string, number: number) => `${word}${number}`.padEnd(50);

test("empty lines count too, and the oldest of whoever said most go first", () => {
  const held = lineBudget(10 * LINE, 0)();
  const [loud, quiet] = [held.pile(), held.pile()];
  quiet(line(text("quiet", 1)));
  for (let i = 0; i < 100_000; i++) loud(line(text("loud", i)));
  const kept = texts(held.lines());
  expect(kept).toHaveLength(10);
  expect(kept).toContain(text("quiet", 1));
  expect(kept).toContain(text("loud", 99_999));
  for (let i = 0; i < 1_000; i++) loud(line(""));
  expect(held.lines().length).toBeLessThanOrEqual(15);
});

test("all readers share it, each has a least, and what was passed on or given up is free again", () => {
  const reader = lineBudget(10 * LINE, 2 * LINE);
  const [first, second] = [reader(), reader()];
  const [one, two] = [first.pile(), second.pile()];
  for (let i = 0; i < 20; i++) one(line(text("one", i)));
  for (let i = 0; i < 20; i++) two(line(text("two", i)));
  expect(texts(second.lines())).toEqual([text("two", 18), text("two", 19)]);
  for (const each of first.lines().slice(0, 6)) first.passed(each);
  for (let i = 20; i < 40; i++) two(line(text("two", i)));
  expect(second.lines()).toHaveLength(6);
  first.end();
  for (let i = 40; i < 60; i++) two(line(text("two", i)));
  expect(second.lines()).toHaveLength(10);
});
