import { z } from "zod";
import { jsonOf } from "../../json.ts";
import type { Machine } from "../../machine/machine.ts";

/** How Nginx of this server is set up, as it was found when it was last told what to serve. */
export const HostFacts = z.object({
  /** The file of ours among those that it reads. */
  include: z.string(),
  /** On what it listens, as it writes that. */
  listen: z.object({ http: z.array(z.string()), https: z.array(z.string()) }),
  /** Where nobody but we listens: what is asked for there by a name of nobody's would be answered by one of our sites. */
  alone: z.object({ http: z.boolean(), https: z.boolean() }),
});
export type HostFacts = z.output<typeof HostFacts>;

/** What its renderer is told besides: where its files are on the server. */
export interface HostPlaces {
  facts: HostFacts;
  /** For those of its processes that talk to visitors. */
  shown: string;
  keys: string;
}

type Place = Pick<Machine, "folder" | "files">;
const fileOf = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/host.json`;

/** Undefined where AppOS has nothing there. */
export async function hostFacts(machine: Place): Promise<HostFacts | undefined> {
  const text = await machine.files.read(fileOf(machine));
  return text === undefined ? undefined : HostFacts.safeParse(jsonOf(text)).data;
}

export const noteHostFacts = (facts: HostFacts, machine: Place) => machine.files.write({ [fileOf(machine)]: JSON.stringify(facts) });
export const forgetHostFacts = (machine: Place) => machine.files.remove(fileOf(machine));
