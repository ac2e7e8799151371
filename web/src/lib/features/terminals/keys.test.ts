import { expect, test } from "vitest";
import { keySequence, withControl } from "./keys.ts";

test("arrows send what the program asked for", () => {
  expect(keySequence("up", false)).toBe("\x1b[A");
  expect(keySequence("left", true)).toBe("\x1bOD");
  expect([keySequence("escape", true), keySequence("tab", false)]).toEqual(["\x1b", "\t"]);
});

test("a held Ctrl turns letters into control characters, and leaves the rest", () => {
  expect(["c", "D", "[", " ", "ä", "ls"].map(withControl)).toEqual(["\x03", "\x04", "\x1b", "\0", "ä", "ls"]);
});
