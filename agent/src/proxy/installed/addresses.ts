import type { Machine } from "../../machine/machine.ts";
import { changeOf, liveSlot, slotFile, type Slotted } from "../slots.ts";

/**
 * A service's containers by their addresses: the server itself is in no network of Docker's in which they have names. Those are of whoever
 * serves, so to go over to others is to serve by another configuration.
 */
export async function addressesOf(
  led: Slotted & { containers: readonly { id: string }[] },
  machine: Pick<Machine, "engine" | "folder" | "files">,
): Promise<{ hosts: string[]; beside?: undefined; of: string; network?: string }> {
  const change = await changeOf(led, machine);
  const hasGoneOver = change !== undefined && (await liveSlot(led, machine)) === change.to;
  const isServing = ({ id }: { id: string }) => change === undefined || change.old.includes(id) !== hasGoneOver;
  const reached = await machine.engine.reached(led.containers.filter(isServing).map(({ id }) => id));
  const found = [...reached.values()];
  const network = found[0]?.network;
  return { hosts: found.map(({ address }) => address).sort(), of: slotFile(led), ...(network !== undefined && { network }) };
}
