import { expect, test } from "vitest";
import { parseAnsi } from "./ansi.ts";
import { markFound } from "./found.ts";

const shown = (line: string, wanted: string, exact = false) =>
  markFound(parseAnsi(line), wanted, exact)
    .map(({ text, found }) => (found ? `<${text}>` : text))
    .join("");

test.each([
  ["GET /timeout Timeout", "timeout", false, "GET /<timeout> <Timeout>"],
  ["GET /timeout Timeout", "Timeout", true, "GET /timeout <Timeout>"],
  ["aaaa", "aa", false, "<aa><aa>"],
  ["nothing here", "x", false, "nothing here"],
  ["a.b", ".", false, "a<.>b"],
  ["anything", "", false, "anything"],
  ["", "a", false, ""],
  ["İstanbul", "stan", false, "İstanbul"],
])("in %j, %j is found", (line, wanted, exact, expected) => {
  expect(shown(line, wanted, exact)).toBe(expected);
});

test("what is found keeps its look", () => {
  expect(markFound(parseAnsi("\u001b[31mbad gateway\u001b[0m"), "gate")).toEqual([
    { text: "bad ", colour: 1 },
    { text: "gate", colour: 1, found: true },
    { text: "way", colour: 1 },
  ]);
});
