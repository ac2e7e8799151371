import { expect, test } from "vitest";
import { lineCount, mustAsk, plainText } from "./paste.ts";

test("several lines into a shell are asked about; into an editor they are not", () => {
  const shell = { isTakenOver: false, takesPaste: true };
  expect(mustAsk("one line", shell)).toBe(false);
  expect(mustAsk("one line\n", shell)).toBe(false);
  expect(mustAsk("one\r\ntwo\r\n", shell)).toBe(true);
  expect(mustAsk("one\ntwo", { ...shell, isTakenOver: true })).toBe(false);
  expect(mustAsk("rm -rf build\n", { ...shell, takesPaste: false })).toBe(true);
  expect([lineCount("one"), lineCount("one\n"), lineCount("one\n\ntwo\n")]).toEqual([1, 1, 3]);
});

test("what is pasted is text alone, and cannot end its own quotation", () => {
  expect(plainText("ls\t-l\n\x1b[201~rm -rf /\x9b201~\0")).toBe("ls\t-l\n[201~rm -rf /201~");
});
