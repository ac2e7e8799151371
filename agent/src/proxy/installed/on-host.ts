import type { Machine } from "../../machine/machine.ts";
import { hostFacts, type HostPlaces } from "./host-facts.ts";
import type { Found, Installed } from "./installed.ts";

export type Act = "check" | "reload" | "again";

/** It is no container's program, and so has ways of its own. */
export interface OnHost {
  acts: Record<Act, () => Promise<unknown>>;
}

type Here = Pick<Machine, "folder" | "files" | "proxy" | "shown" | "hostCaddy">;

const factsOf = async (it: Installed, machine: Here) => {
  const facts = await hostFacts(machine);
  return facts && facts.program === it.program ? facts : it.usual(machine.proxy);
};

/** What the renderer is told of it. */
export const hostPlaces = async (it: Installed, machine: Here): Promise<HostPlaces> => ({
  facts: await factsOf(it, machine),
  shown: machine.shown.folder,
  keys: it.keys(machine),
  ports: machine.proxy,
});

/** `found`: as it was found just now. */
export const onHost = (it: Installed, machine: Machine, found?: Found): OnHost => ({
  acts: {
    check: async () => (found ?? (await it.find(machine))).check(),
    reload: async () => it.reload(await factsOf(it, machine), machine),
    again: async () => undefined,
  },
});
