import { TemplateInput } from "@appos/shared/templates";
import { expect, test } from "vitest";
import { valueProblem } from "./input-values.ts";

const problem = (input: object, value: string) => valueProblem(TemplateInput.parse({ key: "X", label: "X", ...input }), value);

test.each([
  [{ type: "port" }, ["0", "65536", "80a", " 80", "1e3"], ["1", "8080", "65535"]],
  [{ type: "url" }, ["example.org", "ftp://example.org", "javascript:alert(1)"], ["http://192.0.2.1:8080", "https://app.example.org/path"]],
  [{ type: "domain" }, ["https://a.example", "a b", "-a.example", "a..b"], ["app.example.org", "localhost", "A-1.example"]],
  [{ type: "ip" }, ["1.2.3", "1.2.3.256", "host"], ["192.0.2.10", "2001:db8::1"]],
  [{ type: "host" }, ["http://x", "a:80"], ["192.0.2.10", "nas.lan"]],
  [{ type: "email" }, ["nobody", "a b@c"], ["ann@example.org"]],
  [{ type: "boolean" }, ["yes", "1"], ["true", "false"]],
  [{ type: "number", min: 1, max: 10 }, ["0", "11", "x", "1,5"], ["1", "10", "2.5"]],
  [{ type: "timezone" }, ["Berlin", "Mars/Base"], ["Europe/Berlin", "UTC"]],
  [{ type: "select", options: [{ value: "a", label: "A" }] }, ["b", "A"], ["a"]],
  [{ type: "text" }, ["two\nlines", "nul\0"], ["one line"]],
  [{ type: "password", min: 8 }, ["short"], ["long enough"]],
  [{ pattern: "[0-9]+[mg]" }, ["1", "1g2", "x1g"], ["512m", "2g"]],
])("%j refuses %j and takes %j", (input, refused, taken) => {
  for (const value of refused) expect(problem(input, value), value).toBeTypeOf("string");
  for (const value of taken) expect(problem(input, value), value).toBeUndefined();
});

test("what is needed may not be empty, what is not may", () => {
  expect(problem({}, "")).toBe("This is needed.");
  expect(problem({ required: false, type: "port" }, "")).toBeUndefined();
});

test("a value that does not fit a pattern is answered with the template's own words, and a long one is not tried at all", () => {
  const input = { pattern: "[a-z]*", patternHelp: "Small letters." };
  expect(problem(input, "A")).toBe("Small letters.");
  expect(problem(input, "a".repeat(300))).toBe("Small letters.");
});

test.each(["(a+)+$", "\\\\(a+)+", "a|b", "(?=x)", "a*b*c*d*", "[", "\\1"])(
  "the pattern %j, which could take for ever or is none, is refused",
  (pattern) => {
    expect(TemplateInput.safeParse({ key: "X", label: "X", pattern }).success).toBe(false);
  },
);
