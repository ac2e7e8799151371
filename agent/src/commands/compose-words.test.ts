import { expect, test } from "vitest";
import { lineIn, refusal, warnings } from "./compose-words.ts";

const folder = "/var/lib/appos/apps/blog";

test("Compose's own words, without our paths and without its log's format", () => {
  expect(refusal([`validating ${folder}/compose.yaml: services.web Additional property foo is not allowed`], folder)).toBe(
    "validating compose.yaml: services.web Additional property foo is not allowed",
  );
  expect(refusal(['time="2026-11-21T12:00:00Z" level=fatal msg="no \\"such\\" thing"'], folder)).toBe('no "such" thing');
  expect(refusal([], folder)).toMatch(/without saying why/);
});

test("each warning once; that version is obsolete is no news", () => {
  const missing = 'time="2026-11-21T12:00:00Z" level=warning msg="The \\"A\\" variable is not set. Defaulting to a blank string."';
  const obsolete = `time="2026-11-21T12:00:00Z" level=warning msg="${folder}/compose.yaml: \`version\` is obsolete"`;
  const attribute = `time="2026-11-21T12:00:00Z" level=warning msg="${folder}/compose.yaml: the attribute \`version\` is obsolete, it will be ignored"`;
  expect(warnings([missing, obsolete, attribute, missing], folder)).toEqual(['The "A" variable is not set. Defaulting to a blank string.']);
});

test("the line that Compose names", () => {
  expect(lineIn("yaml: line 3: did not find expected key")).toBe(3);
  expect(lineIn("no line")).toBeUndefined();
});
