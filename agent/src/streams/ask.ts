import { QuestionKind, questionKinds, type Reply } from "@appos/shared/questions";
import { z } from "zod";
import { JobFailure } from "../jobs/job-failure.ts";
import { asFailure } from "../jobs/step.ts";
import { questions } from "../questions/index.ts";
import type { QuestionContext } from "../questions/question.ts";
import type { StreamHandler } from "./stream.ts";

/** Answers a question. That it cannot be answered is a reply, too: with its code. */
export const ask: StreamHandler<"ask"> = async ({ question, input }, { machine, signal, write }) => {
  const reply = await replyTo(question, input, { machine, signal });
  signal.throwIfAborted();
  await write(new TextEncoder().encode(JSON.stringify(reply)));
};

async function replyTo(question: string, input: unknown, context: QuestionContext): Promise<Reply> {
  try {
    return { answer: await answer(QuestionKind.parse(question), input, context) };
  } catch (error) {
    const failure = error instanceof z.ZodError ? notUnderstood(error) : asFailure(error);
    if (!failure) throw error;
    return { error: failure.error };
  }
}

const answer = <K extends QuestionKind>(kind: K, input: unknown, context: QuestionContext) =>
  questions[kind](questionKinds[kind].input.parse(input), context);

const notUnderstood = (error: z.ZodError) =>
  new JobFailure(
    "INVALID_JOB",
    `This server's agent does not understand the question; it may be older than the control plane. ${z.prettifyError(error)}`,
  );
