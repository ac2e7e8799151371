import { openJournal } from "../journal/journal.ts";
import { endPrograms } from "../machine/leftovers.ts";
import { nodeDisk } from "../machine/node-disk.ts";
import type { HostActs } from "../acts/host-acts.ts";
import type { Settings } from "../settings.ts";
import { voice } from "../voice.ts";
import type { HostJob } from "./agent-wire.ts";
import type { Hearing } from "./ask-agent.ts";
import type { ActOrder } from "../acts/host-acts.ts";
import { hostMachine } from "./host-machine.ts";
import { takeLock } from "./lock.ts";
import { hostJobs, lastJobWithoutAgent, startHostActs } from "./run-acts.ts";

/** Does something in the agent's place, while no agent runs: nobody else starts one meanwhile. */
async function inItsPlace<T>(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  task: (here: { acts: HostActs; jobs: HostJob[] }) => Promise<T>,
): Promise<T> {
  const { dirs, files } = settings;
  const machine = hostMachine(settings, env);
  process.umask(0o022);
  const release = takeLock(files.lock);
  const disk = await nodeDisk(dirs.journal);
  try {
    await endPrograms(dirs.data);
    const journal = await openJournal(disk, () => crypto.randomUUID());
    const lastJob = (lane: string) => lastJobWithoutAgent(journal.jobs(), journal.fence(lane), lane);
    const { acts, log } = await startHostActs({ machine, disk, inLane: (_, act) => act(), lastJob });
    return await task({ acts, jobs: hostJobs(journal.jobs(), [], log.all()) });
  } finally {
    await disk.close();
    release();
  }
}

export const jobsWithoutAgent = (settings: Settings, env: NodeJS.ProcessEnv) => inItsPlace(settings, env, async ({ jobs }) => jobs);

export const actWithoutAgent = (
  settings: Settings,
  env: NodeJS.ProcessEnv,
  order: ActOrder,
  stop: AbortController,
  { onEntry }: Pick<Hearing, "onEntry">,
) => inItsPlace(settings, env, ({ acts }) => acts.carryOut(order, { say: voice((entry) => void onEntry(entry)), stop }));
