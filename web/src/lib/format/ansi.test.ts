import { expect, test } from "vitest";
import { parseAnsi, plain } from "./ansi.ts";

test("a line without escapes is itself", () => {
  expect(parseAnsi("<img src=x onerror=alert(1)>")).toEqual([{ text: "<img src=x onerror=alert(1)>" }]);
});

test("colours and weight become runs", () => {
  expect(parseAnsi("\x1b[1;32mok\x1b[0m done \x1b[91mbad\x1b[39m.")).toEqual([
    { text: "ok", colour: 2, bold: true },
    { text: " done " },
    { text: "bad", colour: 1 },
    { text: "." },
  ]);
});

test("finer colours are read and left out", () => {
  expect(parseAnsi("\x1b[38;5;208mwarm\x1b[38;2;1;2;3mdeep\x1b[22m")).toEqual([{ text: "warm" }, { text: "deep" }]);
});

test("what moves, hides or names windows is dropped, and the text stays", () => {
  expect(plain("\x1b[2K\x1b[1A\x1b[8mhidden\x1b[28m \x1b]0;title\x07shown\x1b]8;;http://evil\x1b\\link\x1b(B")).toBe("hidden shownlink");
});

test("what cannot be seen is shown by its number", () => {
  expect(plain("a\u202eb\u0000c\td\u2028")).toBe("a[U+202E]b[U+0000]c\td[U+2028]");
  expect(plain("failed\rdone\r")).toBe("faileddone");
});
