import { CommandFailed } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";

/** Does one step of a job. A failure says in which it was. */
export async function step<T>(name: string, { say, signal }: JobContext, act: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  say.step(name);
  try {
    return await act();
  } catch (error) {
    const failure = asFailure(error);
    if (signal.aborted || !failure) throw error;
    const { code, message, details } = failure.error;
    throw new JobFailure(code, message, { step: name, ...details });
  }
}

/** Undefined for what is no fault of the world's. */
export function asFailure(error: unknown): JobFailure | undefined {
  if (error instanceof JobFailure) return error;
  if (error instanceof CommandFailed) return new JobFailure("COMMAND_FAILED", `${error.message}.`, { lines: error.lines });
  if ((error as { code?: unknown } | null)?.code === "ENOSPC") {
    return new JobFailure("DISK_FULL", "There is no space left on this server's disk. Make room, then try again.");
  }
  return undefined;
}
