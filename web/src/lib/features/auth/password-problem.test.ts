import { PASSWORD_LENGTH } from "@appos/shared/auth";
import { expect, test } from "vitest";
import { passwordProblem, SHORTEST } from "./password-problem.ts";

test("the console asks for as long a password as the API does", () => {
  expect(SHORTEST).toBe(PASSWORD_LENGTH);
  expect([passwordProblem(""), passwordProblem("a".repeat(9)), passwordProblem("a".repeat(10))]).toEqual([
    undefined,
    "1 more character.",
    undefined,
  ]);
});
