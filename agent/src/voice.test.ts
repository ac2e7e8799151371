import { expect, test } from "vitest";
import { ENTRY_LENGTH, type Entry } from "@appos/shared/jobs";
import { voice } from "./voice.ts";

function heard() {
  const said: Pick<Entry, "step" | "stream" | "text">[] = [];
  return { said, say: voice((entry) => void said.push(entry)) };
}

test("a step begins, and ends when the next one begins or the job is over", () => {
  const { said, say } = heard();
  say.step("check");
  say.step("start");
  say.line("stdout", "up");
  say.end("failed");
  expect(said.map(({ step, stream, text }) => `${step} ${stream} ${text}`)).toEqual([
    "check step started",
    "check step succeeded",
    "start step started",
    "start stdout up",
    "start step failed",
  ]);
});

test("a long line becomes several entries, none of which cuts a character in two", () => {
  const { said, say } = heard();
  const line = "a" + "😀".repeat(ENTRY_LENGTH);
  say.line("stdout", line);
  expect(said.map(({ text }) => text).join("")).toBe(line);
  for (const { text } of said) expect(text.isWellFormed() && text.length <= ENTRY_LENGTH).toBe(true);
});
