import { zoneOf } from "@appos/shared/dns-providers";
import { AppError } from "../../errors.ts";
import type { DnsProviderService } from "../dns-providers/service.ts";
import type { GivenOptions } from "./name-options.ts";
import { partnerOf } from "./names.ts";
import type { NameSettings } from "./store.ts";

interface Around {
  before: Pick<NameSettings, "dnsProviderId"> | undefined;
  given: Pick<GivenOptions, "dnsProviderId">;
  sees(projectId: string | null): boolean;
  dnsProviders: DnsProviderService;
}

/** By which DNS provider it is proven whose a name is: one that is there and may change its zone. None where nothing is to be proven. */
export async function withDnsProof<W extends Omit<NameSettings, "aliasOf">>(
  wanted: W,
  { before, given, sees, dnsProviders }: Around,
): Promise<W> {
  const { name, www, https, dnsProviderId } = wanted;
  if (https !== "acme" && given.dnsProviderId) throw wrong("A DNS provider is chosen with https: acme only.");
  if (https !== "acme" || dnsProviderId === null) return { ...wanted, dnsProviderId: null };
  const found = await dnsProviders.find(dnsProviderId);
  // Who changes something else of the name changes nothing of that.
  const isKept = before?.dnsProviderId === dnsProviderId;
  if (!found || (!isKept && !sees(null))) throw wrong("There is no such DNS provider.");
  const missing = [name, (www && partnerOf(name)) || []].flat().filter((each) => zoneOf(found.zones, each) === undefined);
  if (missing.length > 0)
    throw wrong(`The DNS provider ${found.name} is for ${found.zones.join(", ")}, and not for ${missing.join(" and ")}.`);
  return wanted;
}

const wrong = (message: string) => new AppError("INVALID_REQUEST", message, [{ path: "dnsProviderId", message }]);
