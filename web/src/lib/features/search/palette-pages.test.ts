import { expect, test } from "vitest";
import { fits, palettePages } from "./palette-pages.ts";

test("the pages of the app that is open come first", () => {
  expect(palettePages("/apps/blog/logs", true)[0]).toEqual({ name: "Overview of blog", about: "this app", path: "/apps/blog" });
  expect(palettePages("/apps/new", true)[0]?.name).toBe("Overview");
});

test("who may not change anything is not led to what they cannot see", () => {
  const paths = palettePages("/apps/blog", false).map(({ path }) => path);
  expect(paths).not.toContain("/apps/blog/env");
  expect(paths).not.toContain("/activity");
});

test("every word counts, in any order", () => {
  expect(fits("Logs of blog", "blog lo")).toBe(true);
  expect(fits("Logs of blog", "blog env")).toBe(false);
});
