import { failpoint } from "@appos/shared/failpoint";
import { CommandFailed } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";

/** Does one step of a job. A failure says in which it was. */
export async function step<T>(name: string, { say, signal }: JobContext, act: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  say.step(name);
  try {
    failpoint(`agent: ${name} begins`);
    const result = await act();
    failpoint(`agent: ${name} is done`);
    return result;
  } catch (error) {
    const failure = asFailure(error);
    if (signal.aborted || !failure) throw error;
    const { code, message, details } = failure.error;
    throw new JobFailure(code, message, { step: name, ...details });
  }
}

/** How a connection to the engine fails that is not there, or goes away. */
export const lostConnection = new Set<unknown>(["ECONNREFUSED", "ECONNRESET", "EPIPE"]);

/** Undefined for what is no fault of the world's. */
export function asFailure(error: unknown): JobFailure | undefined {
  if (error instanceof JobFailure) return error;
  if (error instanceof CommandFailed) return new JobFailure("COMMAND_FAILED", `${error.message}.`, { lines: error.lines });
  const { code, statusCode, message } = (error ?? {}) as { code?: unknown; statusCode?: unknown; message?: unknown };
  if (code === "ENOSPC") return new JobFailure("DISK_FULL", "There is no space left on this server's disk. Make room, then try again.");
  if (lostConnection.has(code)) return new JobFailure("DOCKER_UNAVAILABLE", `Docker does not answer: ${String(message)}.`);
  // The engine's own words, as its HTTP answers carry them.
  if (typeof statusCode === "number") return new JobFailure("COMMAND_FAILED", `Docker said: ${String(message)}`);
  return undefined;
}
