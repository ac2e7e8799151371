import { expect, test } from "vitest";
import { lanes } from "./lanes.ts";

const settled = () => new Promise((done) => void setImmediate(done));

test("no more lanes run at once than the host allows, and each runs its tasks in order", async () => {
  const { inLane, isFree } = lanes(2);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const task = (name: string) => () =>
    new Promise<void>((end) => {
      begun.push(name);
      ends.set(name, end);
    });
  for (const [lane, name] of [
    ["a", "a1"],
    ["a", "a2"],
    ["b", "b1"],
    ["c", "c1"],
  ] as const)
    void inLane(lane, task(name));
  expect(begun).toEqual(["a1", "b1"]);
  expect([isFree("a"), isFree("d")]).toEqual([false, false]);
  ends.get("a1")!();
  await settled();
  expect(begun).toEqual(["a1", "b1", "c1"]);
  ends.get("b1")!();
  await settled();
  expect(begun.at(-1)).toBe("a2");
});

test("a task that fails does not hold up its lane", async () => {
  const { inLane } = lanes(1);
  await expect(inLane("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await inLane("a", async () => 7)).toBe(7);
});
