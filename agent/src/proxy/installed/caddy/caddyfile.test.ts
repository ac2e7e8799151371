import { expect, test } from "vitest";
import { ours, quoted, token } from "./caddyfile.ts";

test.each(["a.test", "http://*.a.test:80", "[fd00::1]:8080", "/api/*", "_wildcard.a.test-1.pem", "JDJiJDA0+/="])("%s is one word", (word) =>
  expect(token(word)).toBe(word),
);

test.each(["", "a b", "a\nb", "{env.PATH}", "a{b", '"a', "`a", "a\\", "#a", "@a", "a;{", "import x\n"])("%j is more than a word", (text) =>
  expect(() => token(text)).toThrow("more than a word"),
);

test("what somebody says stays words", () => {
  expect(quoted(`default-src 'self'; "x" \`y\` #z`)).toBe(String.raw`"default-src 'self'; \"x\" ${"`y`"} #z"`);
  for (const text of ["{env.PATH}", "{$HOME}", "a\\", 'a\\"', "a\nb", "ä"]) expect(() => quoted(text)).toThrow("more than words");
});

test("of our own words neither quotes nor the environment's are taken", () => {
  expect(ours("p{color:red} {http.error.status_code}")).toBe("`p{color:red} {http.error.status_code}`");
  for (const text of ["`", "{$HOME}", "\\"]) expect(() => ours(text)).toThrow("more than words");
});
