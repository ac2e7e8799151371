import type { CheckFinding, CheckStep } from "@appos/shared/site-check";
import type { Tone } from "../../ui/tone.ts";

export const stepTitles: Record<CheckStep, string> = {
  dns: "DNS",
  port: "Port",
  certificate: "Certificate",
  proxy: "Proxy",
  container: "Container",
  health: "Health",
};

export const stateWords: Record<CheckFinding["state"], { tone: Tone; word: string }> = {
  ok: { tone: "ok", word: "OK" },
  wrong: { tone: "bad", word: "Wrong" },
  skipped: { tone: "idle", word: "Not looked at" },
};

/** What to mend: what comes after it may be wrong because of it. */
export const firstWrong = (findings: CheckFinding[]): CheckFinding | undefined => findings.find(({ state }) => state === "wrong");

/** All of it in a sentence. */
export function diagnosisSentence(findings: CheckFinding[], url: string): string {
  const first = firstWrong(findings);
  if (!first) return `Nothing is wrong on the way to ${url}, as far as its server and AppOS can see.`;
  const more = findings.filter(({ state }) => state === "wrong").length - 1;
  const rest =
    more === 0 ? "" : ` Begin with it: ${more === 1 ? "another step is" : `${more} other steps are`} wrong too, maybe because of it.`;
  return `${stepTitles[first.step]} is the first step that is wrong.${rest}`;
}
