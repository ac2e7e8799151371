import { z } from "zod";
import { jsonOf } from "../../json.ts";
import type { Machine } from "../../machine/machine.ts";

/** How the server's own proxy is set up, as it was found when it was last told what to serve. */
export const HostFacts = z.object({
  program: z.enum(["caddy", "nginx"]),
  /** The file of ours among those that it reads. */
  include: z.string(),
  /** On what our sites are to listen, as it writes that: of Nginx with ports, of Caddy addresses, and none where that is any. */
  listen: z.object({ http: z.array(z.string()), https: z.array(z.string()) }),
  /** Where nobody but we listens: what is asked for there by a name of nobody's would be answered by one of our sites. */
  alone: z.object({ http: z.boolean(), https: z.boolean() }),
  /** It is too old to know how long a connection may outlive the configuration that it was opened by. */
  endsStreams: z.literal(true).optional(),
  /** It looks containers' addresses up in files: who serves changes with those, and nothing is reloaded. */
  readsAddresses: z.literal(true).optional(),
});
export type HostFacts = z.output<typeof HostFacts>;

/** What its renderer is told besides: where its files are on the server. */
export interface HostPlaces {
  facts: HostFacts;
  /** For those of its processes that talk to visitors. */
  shown: string;
  keys: string;
  ports: { http: number; https: number };
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

/** By which nobody but this agent asks for anything: RFC 6761. */
export const OWN_NAME = "appos.invalid";
