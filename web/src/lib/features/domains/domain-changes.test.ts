import { expect, test } from "vitest";
import { changesOf } from "./domain-changes.ts";

test("a change says only what is other than before", () => {
  const before = { service: "web", port: 80, https: "acme", forceHttps: true, www: false } as const;
  expect(changesOf(before, { ...before, port: 81, www: true })).toEqual({ port: 81, www: true });
  expect(changesOf(before, { service: "web" })).toEqual({});
});
