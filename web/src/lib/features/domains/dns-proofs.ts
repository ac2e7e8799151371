import { isWildcard } from "@appos/shared/wildcards";
import { type DnsProviderView, dnsProviderTitles, zoneOf } from "@appos/shared/dns-providers";

export const OVER_HTTP = "http";

type Known = Pick<DnsProviderView, "id" | "name" | "kind" | "zones">;

/** How an authority may be shown whose all of these names are. None where there is no choice; the one that is in use is one in any case. */
export function proofsFor(providers: readonly Known[], names: readonly string[], used: string | null | undefined) {
  const fitting = providers.filter(({ id, zones }) => id === used || names.every((name) => zoneOf(zones, name) !== undefined));
  if (fitting.length === 0) return [];
  const byDns = fitting.map(({ id, name, kind }) => ({ value: id, label: `In the DNS, by ${name} (${dnsProviderTitles[kind]})` }));
  // No authority visits all names below another one.
  return names.some(isWildcard) ? byDns : [{ value: OVER_HTTP, label: "Over HTTP" }, ...byDns];
}

export const proofHint = (proof: string) =>
  proof === OVER_HTTP
    ? "The authority visits the name on port 80."
    : "Its server sets a record in the DNS for a moment. Nobody has to reach it from outside.";
