import { expect, test } from "vitest";
import { linkWords } from "./link-words.ts";

test("how a terminal stands is said in plain words", () => {
  expect(linkWords({ is: "away", error: undefined }, "tokyo-1").word).toBe("tokyo-1 is away");
  expect(linkWords({ is: "ended", code: 3, signal: null, why: "" }, "tokyo-1")).toMatchObject({
    tone: "bad",
    word: "Ended with exit code 3",
  });
  expect(linkWords({ is: "ended", code: null, signal: "SIGHUP", why: "" }, "tokyo-1").word).toBe("Ended by SIGHUP");
});

test("why a terminal ended is said where its exit code does not say it", () => {
  const ended = { is: "ended", code: null, signal: "SIGHUP" } as const;
  expect(linkWords({ ...ended, why: "Nobody was attached for 15 minutes." }, "").more).toBe("Nobody was attached for 15 minutes.");
  expect(linkWords({ ...ended, why: "Its program was ended by SIGHUP." }, "")).not.toHaveProperty("more");
});
