import { type Ending, type JobError, type JobKind, jobKinds } from "@appos/shared/jobs";
import { handlers } from "./jobs/index.ts";
import { JobFailure } from "./jobs/job-failure.ts";
import type { JobContext } from "./jobs/job.ts";
import type { voice } from "./voice.ts";

/** Why a job's signal was aborted. */
export type StopReason = "canceled" | "deadline" | "given-up";

type SpokenContext = JobContext & { say: ReturnType<typeof voice> };

/** Runs one job and says how it ended. Never throws. */
export const runJob = <K extends JobKind>(kind: K, input: unknown, context: SpokenContext): Promise<Ending> =>
  endingOf(context, jobKinds[kind].timeLimitMs, async () => handlers[kind](jobKinds[kind].input.parse(input), context));

/** Does something as a job does it, and says how it ended. Never throws. */
export async function endingOf({ signal, say, attempt }: SpokenContext, timeLimitMs: number, act: () => Promise<unknown>): Promise<Ending> {
  try {
    // What was begun before has to be cleaned up by its kind.
    if (attempt === 1) signal.throwIfAborted();
    const result = await act();
    say.end("succeeded");
    return { outcome: "succeeded", result };
  } catch (error) {
    if (signal.aborted && signal.reason === "canceled") {
      say.end("canceled");
      return { outcome: "canceled" };
    }
    say.end("failed");
    return { outcome: "failed", error: bounded(signal.aborted ? outOfTime(timeLimitMs) : errorOf(error)) };
  }
}

const outOfTime = (timeLimitMs: number): JobError => ({
  code: "DEADLINE_EXCEEDED",
  message: `This took longer than the ${timeLimitMs / 60_000} minutes it may take, and was stopped.`,
});

function errorOf(error: unknown): JobError {
  if (error instanceof JobFailure) return error.error;
  const { message, code } = error as { message?: unknown; code?: unknown };
  if (code === "ENOSPC") return { code: "DISK_FULL", message: "The disk of this server is full." };
  return {
    code: "INTERNAL",
    message: `This is a fault of the agent: ${typeof message === "string" ? message.slice(0, 1_000) : String(error)}`,
  };
}

const MESSAGE = 4_000;
const [LINES, LINE] = [40, 1_000];

/** What programs said may be of any length; an error is for a person, and for one frame. */
function bounded({ code, message, details }: JobError): JobError {
  const lines = details?.lines?.slice(-LINES).map((line) => line.slice(0, LINE).toWellFormed());
  return { code, message: message.slice(0, MESSAGE).toWellFormed(), ...(details && { details: { ...details, ...(lines && { lines }) } }) };
}
