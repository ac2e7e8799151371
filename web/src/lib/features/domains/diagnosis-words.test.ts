import type { CheckFinding, CheckStep } from "@appos/shared/site-check";
import { expect, test } from "vitest";
import { diagnosisSentence, firstWrong } from "./diagnosis-words.ts";

const finding = (step: CheckStep, state: CheckFinding["state"] = "ok"): CheckFinding => ({
  step,
  state,
  message: "",
  remedy: null,
  facts: [],
});

test("the first step that is wrong is the one to begin with", () => {
  const findings = [finding("dns"), finding("port", "skipped"), finding("proxy", "wrong"), finding("health", "wrong")];
  expect(firstWrong(findings)?.step).toBe("proxy");
  expect(diagnosisSentence(findings, "https://a.test")).toBe(
    "Proxy is the first step that is wrong. Begin with it: another step is wrong too, maybe because of it.",
  );
  expect(diagnosisSentence(findings.slice(0, 3), "https://a.test")).toBe("Proxy is the first step that is wrong.");
});

test("where nothing is wrong, that is said of what was seen", () => {
  expect(firstWrong([finding("dns")])).toBeUndefined();
  expect(diagnosisSentence([finding("dns")], "https://a.test")).toContain("Nothing is wrong on the way to https://a.test");
});
