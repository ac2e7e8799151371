import { expect, test } from "vitest";
import { rechecker } from "./viewer-door.ts";

test("who may look on no longer is out, and so is whom nobody could look up three times in a row", async () => {
  const answers: ("in" | "out" | "gone" | Error)[] = [];
  const expelled: boolean[] = [];
  const failures: unknown[] = [];
  const check = rechecker(
    async () => {
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    (forGood) => void expelled.push(forGood),
    (error) => void failures.push(error),
  );
  const busy = new Error("database is locked");
  answers.push("in", busy, busy, "in", busy, busy);
  while (answers.length > 0) await check();
  expect(expelled).toEqual([]);
  expect(failures).toHaveLength(4);
  answers.push(busy);
  await check();
  expect(expelled).toEqual([false]);
  answers.push("gone");
  await check();
  expect(expelled).toEqual([false, true]);
});
