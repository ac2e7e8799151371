import type { ProxyModel, SiteState } from "@appos/shared/sites";
import type { JobContext } from "../../jobs/job.ts";
import { JobFailure } from "../../jobs/job-failure.ts";
import { step } from "../../jobs/step.ts";
import type { Machine } from "../../machine/machine.ts";
import { DOWN_PAGES } from "../down-pages.ts";
import { PASSWORDS } from "../nginx-options.ts";
import { modelFile, proxyFolder } from "../proxy-folder.ts";
import { refusal } from "../refusal.ts";
import { removeUnserved } from "../site-certificates.ts";
import { forgetSlots } from "../slots.ts";
import { runsWhere } from "../where.ts";
import { forgetHostFacts, hostFacts } from "./host-facts.ts";
import { inTurn } from "./in-turn.ts";
import { hostNginxDriver, onHost } from "./on-host.ts";

/** Passwords and pages that nothing speaks of. */
export async function tidyShown(used: string[], { hostNginx: { shown } }: Machine) {
  const isOurs = (name: string) => [PASSWORDS, DOWN_PAGES].some((kind) => name.startsWith(kind));
  for (const name of await shown.files.list(shown.folder))
    if (isOurs(name) && !used.includes(name)) await shown.files.remove(`${shown.folder}/${name}`);
}

/** Nginx of the server goes on without us: our file among its own goes first, so that it never leads to what is not there. */
export async function takeAway(machine: Machine): Promise<void> {
  const { files, hostNginx } = machine;
  const facts = await hostFacts(machine);
  const { config, next, good } = proxyFolder(machine, hostNginxDriver);
  if (facts) await hostNginx.place(facts.include, undefined);
  for (const path of [config, next, good]) await files.remove(path);
  if (await runsWhere({ place: "host" }, machine)) {
    await onHost(machine)
      .acts.reload()
      .catch((error: unknown) => {
        throw refusal(error, "Nginx of this server does not take its own configuration, and serves these domains until it does");
      });
  }
  await tidyShown([], machine);
  await forgetHostFacts(machine);
}

const hasPorts = ({ hostNginx, proxy }: Machine) => hostNginx.hasPort(proxy.http, proxy.https);

/** Answers whether it goes on with what else it serves, so that nobody else can have its ports. */
export async function hasLeftHost(machine: Machine): Promise<boolean> {
  await inTurn(machine, () => takeAway(machine));
  return hasPorts(machine);
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
  if (await hasPorts(machine))
    throw new JobFailure(
      "PROXY_REFUSED",
      `Nginx of this server has port ${http} or ${https}, which a proxy in a container needs, and goes on serving. Stop it first: systemctl disable --now nginx`,
    );
  const served = await serve();
  await inTurn(machine, () => takeAway(machine));
  return served;
}
