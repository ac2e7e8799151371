import { expect, test } from "vitest";
import { nextPath } from "./next-path.ts";

const to = (asked: string | null) => nextPath(asked, "http://127.0.0.1:9091");

test("only a path of this console is gone to", () => {
  for (const asked of [
    null,
    "",
    "//evil.test",
    "/\\evil.test",
    "\\/evil.test",
    "https://evil.test",
    "javascript:alert(1)",
    "apps",
    "/\t/evil.test",
    "/login",
    "/setup?token=x",
  ]) {
    expect(to(asked), String(asked)).toBe("/");
  }
  expect(to("/apps/blog/logs?service=web#end")).toBe("/apps/blog/logs?service=web#end");
});
