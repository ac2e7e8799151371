import { Name } from "@appos/shared/ids";
import { expect, test } from "vitest";
import { nameProblem } from "./name-problem.ts";

test("the console refuses a name exactly where the API does", () => {
  for (const name of ["a", "blog", "0-x", "a".repeat(63), "a".repeat(64), "-a", "A", "a b", "a_b", "ä", "a.b", "a-"]) {
    expect(nameProblem(name) === undefined, name).toBe(Name.safeParse(name).success);
  }
});
