import { expect, test } from "vitest";
import { fits, palettePages } from "./palette-pages.ts";

const everything = { administer: true, addApps: true, changeApp: true };
const nothing = { administer: false, addApps: false, changeApp: false };

test("the pages of the app that is open come first", () => {
  expect(palettePages("/apps/blog/logs", everything)[0]).toEqual({ name: "Overview of blog", about: "this app", path: "/apps/blog" });
  expect(palettePages("/apps/new", everything)[0]?.name).toBe("Overview");
});

test("who may not change anything is not led to what they cannot see", () => {
  const paths = palettePages("/apps/blog", nothing).map(({ path }) => path);
  expect(paths).not.toContain("/apps/blog/env");
  expect(paths).not.toContain("/activity");
});

test("a developer is led to what they may change, and to nothing else", () => {
  const paths = palettePages("/apps/blog", { administer: false, addApps: true, changeApp: true }).map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(["/apps/blog/env", "/apps/blog/terminal", "/apps/new"]));
  expect(paths).not.toContain("/activity");
});

test("every word counts, in any order", () => {
  expect(fits("Logs of blog", "blog lo")).toBe(true);
  expect(fits("Logs of blog", "blog env")).toBe(false);
});
