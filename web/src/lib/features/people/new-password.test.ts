import { expect, test } from "vitest";
import { passwordProblem } from "../auth/password-problem.ts";
import { newPassword } from "./new-password.ts";

test("a made password can be read out, is long enough, and is never the same", () => {
  const made = Array.from({ length: 200 }, newPassword);
  for (const password of made) {
    expect(password).toMatch(/^[a-km-np-z2-9]{5}(-[a-km-np-z2-9]{5}){3}$/);
    expect(passwordProblem(password)).toBeUndefined();
  }
  expect(new Set(made).size).toBe(200);
  expect(new Set(made.join(""))).toHaveLength(33);
});
