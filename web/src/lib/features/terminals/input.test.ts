import { expect, test } from "vitest";
import { Credit } from "./credit.ts";
import { Input } from "./input.ts";

test("a large paste waits until what went before it has been taken", () => {
  const sent: number[] = [];
  const input = new Input(64 * 1024, (data) => sent.push(data.length));
  input.add(new Uint8Array(100_000));
  expect(sent).toEqual([32_768, 32_768]);
  input.taken(32_768);
  expect(sent).toEqual([32_768, 32_768, 32_768]);
  input.taken(65_536);
  expect(sent.reduce((sum, bytes) => sum + bytes)).toBe(100_000);
});

test("credit is given when nothing waits, and in large portions while much does", () => {
  const given: number[] = [];
  const credit = new Credit((bytes) => given.push(bytes));
  for (let i = 0; i < 4; i++) credit.came(30_000);
  credit.taken(30_000);
  credit.taken(30_000);
  expect(given).toEqual([]);
  credit.taken(30_000);
  credit.taken(30_000);
  expect(given).toEqual([90_000, 30_000]);
});
