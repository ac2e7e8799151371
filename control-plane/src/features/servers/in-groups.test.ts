import { expect, test } from "vitest";
import { inGroups } from "./in-groups.ts";

function world(most: number) {
  const groups: string[] = [];
  const ask = inGroups<{ key: string; name?: string }>(most, async (group) => {
    groups.push(group.map(({ key, name = key }) => name).join(" "));
    await Promise.resolve();
    if (group.some(({ name }) => name === "broken")) throw new Error("It broke");
  });
  return { groups, ask };
}

test("what comes while it is busy is done together, in the order asked for, and no more at once than allowed", async () => {
  const { groups, ask } = world(3);
  await Promise.all(["a", "b", "c", "d", "e"].map((key) => ask({ key })));
  expect(groups).toEqual(["a", "b c d", "e"]);
});

test("two things about the same one are never done together", async () => {
  const { groups, ask } = world(10);
  await Promise.all(["a", "b", "c", "b", "d"].map((key, i) => ask({ key, name: `${key}${i}` })));
  expect(groups).toEqual(["a0", "b1 c2", "b3 d4"]);
});

test("a group that fails fails for those in it, and the next one is done", async () => {
  const { groups, ask } = world(1);
  const results = await Promise.allSettled([ask({ key: "a" }), ask({ key: "b", name: "broken" }), ask({ key: "c" })]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(groups).toHaveLength(3);
});

test("in a storm others have their turn", async () => {
  const { ask } = world(10);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await Promise.all(Array.from({ length: 500 }, (_, i) => ask({ key: String(i) })));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});
