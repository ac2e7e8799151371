import { addressOf, isIn, networkOf } from "@appos/shared/addresses";
import { isAddress, targetProblem } from "@appos/shared/target-address";
import type { Site } from "@appos/shared/sites";
import * as z from "zod";
import { jsonOf } from "../json.ts";
import type { Machine } from "../machine/machine.ts";
import { recordsIn } from "./diagnosis/find-names.ts";

/** Deployments and the keeper look for targets time and again: a name is looked up anew after so long. */
const AGAIN_MS = 25_000;

type Here = Pick<Machine, "folder" | "files" | "names" | "ownPlaces" | "now">;

/** To which address each name was found to lead, and when. */
const Pinned = z.record(z.string(), z.object({ address: z.string(), at: z.int() }));
type Pinned = z.output<typeof Pinned>;
const pinnedFile = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/addresses.json`;

/** The address that a site leads to, or why it leads to none. */
export type FoundAddress = { address: string } | { problem: string };

/**
 * Where sites lead that no app is behind, by host. A proxy is told addresses and never such a name: it would look that up by itself later, and
 * find something else than what was looked at here.
 */
export async function addressTargets(sites: readonly Pick<Site, "address">[], machine: Here): Promise<Map<string, FoundAddress>> {
  const hosts = [...new Set(sites.flatMap(({ address }) => address?.host ?? []))];
  if (hosts.length === 0) return new Map();
  const text = await machine.files.read(pinnedFile(machine));
  const before = (text === undefined ? undefined : Pinned.safeParse(jsonOf(text)).data) ?? {};
  const own = await machine.ownPlaces();
  const pinned: Pinned = {};
  const found = await Promise.all(
    hosts.map(async (host): Promise<[string, FoundAddress]> => {
      const all = await lookedUp(host, before[host], machine);
      if ("problem" in all) return [host, all];
      // One that may not be is enough: whoever answers for the name does not choose what is asked for.
      const problem = all.addresses.map((address) => problemOf(address, own)).find((each) => each !== undefined);
      if (problem !== undefined) return [host, { problem: isAddress(host) ? problem : `${host} leads to ${problem}` }];
      if (all.pin) pinned[host] = all.pin;
      return [host, { address: all.addresses[0]! }];
    }),
  );
  if (JSON.stringify(pinned) !== JSON.stringify(before)) await machine.files.write({ [pinnedFile(machine)]: JSON.stringify(pinned) });
  return new Map(found);
}

type LookedUp = { addresses: string[]; pin?: Pinned[string] } | { problem: string };

/** The one to take first. What name servers do not say just now is as it was. */
async function lookedUp(host: string, last: Pinned[string] | undefined, { names, now }: Here): Promise<LookedUp> {
  if (isAddress(host)) return { addresses: [host] };
  if (last && now() >= last.at && now() - last.at < AGAIN_MS) return { addresses: [last.address], pin: last };
  const looked = await names.addresses(host, 4);
  const all = recordsIn(looked).sort();
  const isUnsaid = "problem" in looked && looked.problem !== "none" && looked.problem !== "no-such-name";
  if (isUnsaid && last) return { addresses: [last.address], pin: last };
  if (isUnsaid) return { problem: `No name server could say where ${host} leads.` };
  if (all.length === 0) return { problem: `${host} has no A record, as this server's name servers see it.` };
  const first = last && all.includes(last.address) ? last.address : all[0]!;
  return { addresses: [first, ...all.filter((each) => each !== first)], pin: { address: first, at: now() } };
}

/** A server's own ports are not for the proxy, and containers are reached as services of their apps: AppOS, its agent and Docker are among both. */
function problemOf(text: string, own: { addresses: readonly string[]; networks: readonly string[] }): string | undefined {
  const problem = targetProblem(text);
  if (problem !== undefined) return problem;
  const address = addressOf(text)!;
  if (own.addresses.some((each) => addressOf(each) === address)) return `${text} is this server itself.`;
  const docker = own.networks.find((each) => isIn(address, networkOf(each)!));
  return docker && `${text} is in a network of Docker's (${docker}), whose containers are reached as services of their apps.`;
}
