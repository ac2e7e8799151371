import type { Answer, Question, QuestionKind } from "@appos/shared/questions";
import type { Machine } from "../machine/machine.ts";

export interface QuestionContext {
  machine: Machine;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** The one shape of every question: input in, answer back; throw a JobFailure to say why there is none. It changes nothing. */
export type QuestionHandler<K extends QuestionKind> = (input: Question<K>, context: QuestionContext) => Promise<Answer<K>>;
export type QuestionHandlers = { [K in QuestionKind]: QuestionHandler<K> };
