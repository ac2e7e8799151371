import { keepSlots } from "../beside/candidates.ts";
import { goOver } from "../beside/go-over.ts";
import { settle } from "../beside/settle.ts";
import { composeCreate, composeUp } from "../commands/compose.ts";
import { diagnose } from "../commands/failures.ts";
import { CommandFailed } from "../machine/machine.ts";
import type { ReleaseFiles } from "./app-folder.ts";
import { placeConfigFiles } from "./config-files.ts";
import type { JobContext } from "./job.ts";
import { runComposeKeepingLogs } from "./run-compose.ts";
import { startFailure } from "./start-failure.ts";

const CONFLICTS = 3;
/** Compose gives a container such a name while it takes the place of another. */
const temporary = /^[0-9a-f]{12}_/;

export interface BringUpOptions {
  /** Something was cut off in the middle: look for what it left behind. */
  afterCrash: boolean;
  /** Make the containers, but leave them stopped. */
  stopped?: boolean;
}

/** `compose up`, which is not safe against being killed: what it left half done is cleared away, and it is run again. */
export async function bringUp(project: ReleaseFiles, { afterCrash, stopped }: BringUpOptions, context: JobContext) {
  const { say, signal } = context;
  await placeConfigFiles(project, context);
  if (afterCrash) await removeTemporaries(project.name, context);
  for (let conflicts = 0; ; conflicts++) {
    try {
      if (stopped) await settle(project.name, context);
      if (stopped || !(await goOver(project, context)))
        await runComposeKeepingLogs(stopped ? composeCreate(project) : composeUp(project), project.name, context);
      // Where this fails, the proxy's keeper comes by.
      return await keepSlots(project.name, context.machine).catch(() => undefined);
    } catch (error) {
      if (signal.aborted || !(error instanceof CommandFailed)) throw error;
      const { kind } = diagnose(error.lines);
      if (kind === "docker-lost") throw error;
      if (kind !== "name-conflict" || conflicts === CONFLICTS) throw await startFailure(error, project.name, context);
      say.note("A container's name is taken by what an earlier start left behind. Clearing it away and starting again.");
      await removeTemporaries(project.name, context);
    }
  }
}

async function removeTemporaries(project: string, { machine, say }: JobContext) {
  for (const { id, status } of await machine.engine.containers({ project })) {
    if (!temporary.test(status.container)) continue;
    say.note(`Removing ${status.container}, which was left half made.`);
    await machine.engine.removeContainer(id);
  }
}
