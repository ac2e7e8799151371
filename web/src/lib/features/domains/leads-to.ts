import type { ServerView } from "@appos/shared/servers";
import { listed } from "../../format/quantity.ts";

const record = (address: string) => (address.includes(":") ? `an AAAA record to ${address}` : `an A record to ${address}`);

/** Where the DNS has to lead a name, as far as that is known. */
export function leadsTo(serverName: string, server: Pick<ServerView, "reachedAt" | "facts"> | undefined): string {
  const aim = `In the DNS, the name has to lead to ${serverName}`;
  const known = server?.reachedAt ?? [];
  const own = known.filter((each) => each.own).map(({ address }) => address);
  const seen = known.filter((each) => !each.own).map(({ address }) => address);
  if (own.length > 0) return `${aim}: ${listed(own.map(record))}.`;
  if (seen.length > 0) return `${aim}: most likely ${listed(seen.map(record))}, from where its agent calls.`;
  const inside = server?.facts?.addresses ?? [];
  if (inside.length === 0) return `${aim}: an A or AAAA record with that server's address.`;
  return `${aim}. In its own network that is ${listed(inside)}; for visitors from outside, the address of its router.`;
}
