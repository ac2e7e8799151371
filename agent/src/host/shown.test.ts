import { expect, test } from "vitest";
import { shown } from "./shown.ts";

test("a screen is shown no control characters but tabs; a program is given the line as it is", () => {
  const line = "web | \u001b]0;root\u0007a\tb\u009b31mc\rd é 世";
  expect(shown(line, { screen: true })).toBe("web | ]0;roota\tb31mcd é 世");
  expect(shown(line, { screen: false })).toBe(line);
});
