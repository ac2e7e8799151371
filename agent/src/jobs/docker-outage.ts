import { diagnose } from "../commands/failures.ts";
import { CommandFailed } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { lostConnection } from "./step.ts";

const PATIENCE_MS = 60_000;
const OUTAGES = 3;

/** The first thing every job looks at. */
export async function needDocker({ machine }: Pick<JobContext, "machine">) {
  const problem = await machine.dockerProblem();
  if (problem) throw new JobFailure("DOCKER_UNAVAILABLE", problem);
}

/** Does something with Docker, and once more when Docker was away in the middle of it. `again` tells that it was. */
export async function throughOutages<T>(context: JobContext, act: (again: boolean) => Promise<T>): Promise<T> {
  for (let outages = 0; ; outages++) {
    try {
      return await act(outages > 0);
    } catch (error) {
      context.signal.throwIfAborted();
      if (outages === OUTAGES || !((await context.machine.dockerProblem()) || isOutage(error))) throw error;
      await dockerBack(context);
    }
  }
}

function isOutage(error: unknown) {
  if (error instanceof CommandFailed) return diagnose(error.lines).kind === "docker-lost";
  return lostConnection.has((error as { code?: unknown } | null)?.code);
}

async function dockerBack({ machine, say, signal }: JobContext) {
  say.note("Docker went away. Waiting up to a minute for it to come back.");
  const until = machine.elapsed() + PATIENCE_MS;
  for (;;) {
    const problem = await machine.dockerProblem();
    if (!problem) return say.note("Docker is back. Going on.");
    if (machine.elapsed() > until)
      throw new JobFailure("DOCKER_UNAVAILABLE", `Docker went away in the middle and did not come back within a minute. ${problem}`);
    await machine.sleep(500, signal);
  }
}
