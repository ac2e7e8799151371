import type { CheckFinding, CheckStep } from "@appos/shared/site-check";

export const ok = (step: CheckStep, message: string, facts: string[] = []) => made(step, "ok", message, null, facts);
export const skipped = (step: CheckStep, message: string, facts: string[] = []) => made(step, "skipped", message, null, facts);
export const wrong = (step: CheckStep, message: string, remedy: string | null, facts: string[] = []) =>
  made(step, "wrong", message, remedy, facts);

/** What an authority or a health check says may be of any length. */
const made = (step: CheckStep, state: CheckFinding["state"], message: string, remedy: string | null, facts: string[]): CheckFinding => ({
  step,
  state,
  message: message.slice(0, 3_000),
  remedy: remedy && remedy.slice(0, 1_000),
  facts: facts.slice(0, 20).map((fact) => fact.slice(0, 500)),
});

/** As in: 192.0.2.1, 192.0.2.2 and 2001:db8::1 */
export const listed = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
