import { failpoint } from "@appos/shared/failpoint";
import { type DnsProvider, zoneOf } from "@appos/shared/dns-providers";
import type { Machine } from "../machine/machine.ts";
import { note, removeSet } from "./left-behind.ts";
import { clientOf } from "./provider.ts";
import { untilShown } from "./until-shown.ts";

/** One name may stand for another one, which may stand for another. */
const ALIASES = 5;
const REMOVE_MS = 60_000;

export interface Asked {
  name: string;
  provider: DnsProvider;
  /** All that are known, for what was set before. */
  providers: readonly DnsProvider[];
  machine: Machine;
  signal: AbortSignal;
}

/** Shows an authority in the DNS that a name is ours: RFC 8555, 8.4. The name may be one of all names below another. */
export function dnsProof({ name, provider, providers, machine, signal }: Asked) {
  let unseen: string | undefined;
  return {
    async show(value: string): Promise<void> {
      const record = { provider: provider.id, name: await placeFor(name, provider, machine), value };
      await note(name, record, machine);
      failpoint("agent: a DNS record is about to be set");
      await clientOf(provider, machine).add(record.name, value, signal);
      failpoint("agent: a DNS record is set");
      unseen = await untilShown(record, provider, machine, signal);
    },
    /** Also where something else came to nothing, or nobody waits any more. */
    end: () => removeSet(name, providers, machine, AbortSignal.timeout(REMOVE_MS)),
    /** What the DNS did not show when the authority was to look. */
    unseen: () => unseen,
  };
}

/** Where the record is to be: where its usual name leads, which may be in another zone that exists for that. */
async function placeFor(name: string, { name: title, zones }: DnsProvider, { names }: Pick<Machine, "names">): Promise<string> {
  const usual = `_acme-challenge.${name.replace(/^\*\./, "")}`;
  let place = usual;
  for (let i = 0; i < ALIASES; i++) {
    const found = await names.aliases(place);
    const target = "records" in found ? found.records[0] : undefined;
    if (target === undefined) break;
    place = target.toLowerCase().replace(/\.$/, "");
  }
  if (zoneOf(zones, place) !== undefined) return place;
  const where = place === usual ? usual : `${usual} leads to ${place}, which`;
  throw new Error(`${where} is in none of the zones of the DNS provider ${title}: ${zones.join(", ")}.`);
}
