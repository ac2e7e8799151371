import { expect, test } from "vitest";
import { turnstile } from "./turnstile.ts";

test("no more than so many are inside at once, each comes in, and who gave up is not waited for", async () => {
  const through = turnstile(2);
  let [inside, most, done] = [0, 0, 0];
  const act = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 2));
    inside--;
    done++;
  };
  const gone = new AbortController();
  const here = new AbortController().signal;
  const all = Array.from({ length: 10 }, (_, i) => through(act, i === 5 ? gone.signal : here).catch(() => "gone"));
  gone.abort();
  const ends = await Promise.all(all);
  expect({ most, done, gone: ends.filter((end) => end === "gone").length }).toEqual({ most: 2, done: 9, gone: 1 });
  await expect(through(() => Promise.reject(new Error("no")), here)).rejects.toThrow("no");
  await through(act, here);
});
