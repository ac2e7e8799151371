import type { ServerView } from "@appos/shared/servers";
import { addressOf, isPublic } from "@appos/shared/addresses";

/** Where a server is known to be reached from outside: at addresses of its own; else at the one that it calls from, which is its router's. */
export function knownAddresses(own: readonly string[], callsFrom: string | undefined): ServerView["reachedAt"] {
  const open = own.filter(isOutside);
  const known = open.map((address) => ({ address, own: true }));
  if (callsFrom === undefined || !isOutside(callsFrom) || open.some((address) => isV6(address) === isV6(callsFrom))) return known;
  return [...known, { address: callsFrom, own: false }];
}

function isOutside(text: string) {
  const address = addressOf(text);
  return address !== undefined && isPublic(address);
}
const isV6 = (address: string) => address.includes(":");
