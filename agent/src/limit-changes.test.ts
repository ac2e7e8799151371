import { expect, test } from "vitest";
import { limitChanges } from "./limit-changes.ts";

test("only what became another is told, in units that people use", () => {
  const before = JSON.stringify({ NanoCpus: 1_500_000_000, restart: "no" });
  const now = JSON.stringify({ Memory: 67_108_864, NanoCpus: 1_500_000_000, restart: "always" });
  expect(limitChanges(before, now)).toEqual([
    "Restart policy: always. It was no when it was deployed.",
    "Memory: 64 MiB. It was not limited when it was deployed.",
  ]);
});
