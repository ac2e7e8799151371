import { composeReplace, composeUp } from "../commands/compose.ts";
import { CommandFailed, type Container } from "../machine/machine.ts";
import { isAsMade, noteAsMade } from "../proxy/as-made.ts";
import { probeAll } from "../proxy/probes.ts";
import { type Kind, proxyProject, type ProxyFolder } from "../proxy/proxy-folder.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { proxyStartFailure } from "./proxy-start-failure.ts";
import { runCompose } from "./run-compose.ts";
import { asFailure } from "./step.ts";

/** A container that is started may take so long to be running. */
const [START_MS, LOOK_MS] = [10_000, 100];

/** Starts it as its Compose file says, and in these networks; `former`: in the place of one of another kind. */
export async function startProxy({ folder, image }: Kind, networks: string[], context: JobContext, former?: Kind): Promise<Container> {
  const isThere = !former && (await isAsMade(folder, image, context.machine));
  try {
    if (former) await replace(folder, networks, context);
    if (!isThere) await runCompose(composeUp(folder.project), context);
  } catch (error) {
    throw error instanceof CommandFailed ? await proxyStartFailure(error, context) : error;
  }
  const container = await running(context, former !== undefined);
  if (!isThere) await noteAsMade(folder, context.machine);
  await join(container, networks, context);
  return container;
}

/** The other one is there, and in all networks, before it starts: what it asks for while it joins one may be lost. */
async function replace({ project }: ProxyFolder, networks: string[], context: JobContext) {
  await runCompose(composeReplace(project), context);
  const [made] = await context.machine.engine.containers({ project: project.name });
  if (made) await join(made, networks, context);
}

/** Where they are there. */
export async function join(container: Container, networks: string[], context: JobContext) {
  for (const network of networks.filter((each) => !container.networks.includes(each)))
    await context.machine.engine.joinNetwork(container, network).catch((error: unknown) => {
      // One app whose network is gone must not keep the others from being served.
      context.say.note(`The network ${network} could not be joined: ${asFailure(error)?.message ?? String(error)}`);
    });
}

/** Its first configuration is loaded: only then can it be given another. */
const answers = async (machine: JobContext["machine"]) =>
  (await probeAll([{ name: "localhost", https: false }], machine))[0]?.status !== null;

/** `elseFormer`: where it ends, nobody waits whether it does better the next time, for there is one that can serve. */
async function running({ machine, signal }: JobContext, elseFormer: boolean): Promise<Container> {
  const until = machine.elapsed() + START_MS;
  for (;;) {
    const [container] = await machine.engine.containers({ project: proxyProject(machine) });
    if (container?.status.state === "running" && (await answers(machine))) return container;
    if (machine.elapsed() >= until || (elseFormer && container?.status.state === "restarting"))
      throw new JobFailure(
        "UNHEALTHY",
        `The proxy's container does not stay up. See what it says with: docker logs ${proxyProject(machine)}-proxy-1`,
      );
    await machine.sleep(LOOK_MS, signal);
  }
}
