import type { ProxyModel, SiteState } from "@appos/shared/sites";
import type { JobContext } from "../../jobs/job.ts";
import { JobFailure } from "../../jobs/job-failure.ts";
import { step } from "../../jobs/step.ts";
import type { Machine } from "../../machine/machine.ts";
import { modelFile, proxyFolder } from "../proxy-folder.ts";
import { refusal } from "../refusal.ts";
import { removeUnserved } from "../site-certificates.ts";
import { forgetSlots } from "../slots.ts";
import { forgetHostFacts, hostFacts } from "./host-facts.ts";
import { inTurn } from "./in-turn.ts";
import { installedBy } from "./programs.ts";

/** The server's own proxy goes on without us: our file among its own goes first, so that it never leads to what is not there. */
export async function takeAway(machine: Machine): Promise<void> {
  const { files } = machine;
  const facts = await hostFacts(machine);
  if (!facts) return;
  const it = installedBy(facts);
  const { config, next, good } = proxyFolder(machine, it.driver);
  await it.leave(facts, machine);
  for (const path of [config, next, good]) await files.remove(path);
  if (await it.isRunning(machine)) {
    await it.reload(facts, machine).catch((error: unknown) => {
      throw refusal(error, `${it.title} of this server does not take its own configuration, and serves these domains until it does`);
    });
  }
  await it.tidy(undefined, machine);
  await forgetHostFacts(machine);
}

/** The one that has our part, where it goes on with what else it serves. */
async function runningStill(machine: Machine) {
  const facts = await hostFacts(machine);
  const it = facts && installedBy(facts);
  return (await it?.isRunning(machine)) ? it : undefined;
}

/** Answers whether it goes on with what else it serves, so that nobody else can have its ports. */
export async function hasLeftHost(machine: Machine): Promise<boolean> {
  const it = await runningStill(machine);
  await inTurn(machine, () => takeAway(machine));
  return it?.isRunning(machine) ?? false;
}

/** What a server says of what it serves now. */
export interface Served {
  sites: SiteState[];
  authority?: string;
}

interface Leaving {
  /** Has a container serve. */
  serve(): Promise<Served>;
  confirm?: (() => Promise<void>) | undefined;
}

/** It is to serve nothing of ours any more. Another proxy gets its ports only once it has gone from them. */
export async function leaveHost(model: ProxyModel, { serve, confirm = async () => {} }: Leaving, context: JobContext): Promise<Served> {
  const { machine } = context;
  if (model.sites.length === 0) {
    await step("stop", context, () => inTurn(machine, () => takeAway(machine)));
    await step("confirm", context, confirm);
    await machine.files.remove(modelFile(machine));
    await forgetSlots([], machine);
    await removeUnserved([], "", machine);
    return { sites: [] };
  }
  const { http, https } = machine.proxy;
  const it = await runningStill(machine);
  if (it)
    throw new JobFailure(
      "PROXY_REFUSED",
      `${it.title} of this server has port ${http} or ${https}, which a proxy in a container needs, and goes on serving. Stop it first: systemctl disable --now ${it.unit}`,
    );
  const served = await serve();
  await inTurn(machine, () => takeAway(machine));
  return served;
}
