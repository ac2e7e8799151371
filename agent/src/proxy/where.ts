import type { ProxyModel } from "@appos/shared/sites";
import type { Container, Machine } from "../machine/machine.ts";
import type { Driver } from "./driver.ts";
import { type Act, onHost, type OnHost } from "./installed/on-host.ts";
import { installedAs } from "./installed/programs.ts";
import { proxyProject } from "./proxy-folder.ts";

/** Where a proxy runs: in its container, or on the server itself. */
export type Where = Container | OnHost;

const COMMAND_MS = 30_000;

/** Has a proxy do what its driver knows of. */
export function act(what: Act, driver: Driver, where: Where, { engine }: Pick<Machine, "engine">): Promise<unknown> {
  return "acts" in where ? where.acts[what]() : engine.runInside(where, driver[what]!, COMMAND_MS);
}

/** Where the proxy of this model runs; undefined while it does not. */
export async function runsWhere({ driver, place }: Pick<ProxyModel, "driver" | "place">, machine: Machine): Promise<Where | undefined> {
  if (place === "host") {
    const it = installedAs({ driver });
    return (await it.isRunning(machine)) ? onHost(it, machine) : undefined;
  }
  const [container] = await machine.engine.containers({ project: proxyProject(machine) });
  return container?.status.state === "running" ? container : undefined;
}
