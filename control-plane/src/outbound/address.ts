import { AppError } from "../errors.ts";
import { type Allowed, hostOf, hostProblem, isAllowedHost, WAY_OUT } from "./allowed.ts";

/** An address outside that somebody named may not be asked. Its code is the caller's error, wherever it shows. */
export const refused = (message: string) => new AppError("INVALID_REQUEST", message);

/** Reads an address outside that somebody named; throws with a sentence. What DNS says of it is checked when it is asked. */
export function outsideAddress(text: string, allowed: Allowed): URL {
  const url = /[\s\\]/.test(text) || !URL.canParse(text) ? undefined : new URL(text);
  if (!url) throw refused("This is no address. Give one that begins with https://");
  return checkedAddress(url, allowed);
}

export function checkedAddress(url: URL, allowed: Allowed): URL {
  const host = hostOf(url);
  if (url.username !== "" || url.password !== "")
    throw refused("An address must not hold a user name or a password: it is shown to everybody who may see it.");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refused("Only addresses that begin with https:// can be asked.");
  const problem = hostProblem(host, allowed);
  if (problem !== undefined) throw refused(`${problem}, so AppOS does not ask it. ${WAY_OUT}`);
  if (url.protocol === "http:" && !isAllowedHost(host, allowed))
    throw refused(`Use https:// for ${host}. Without encryption AppOS asks only hosts that are named in APPOS_OUTBOUND_ALLOW.`);
  return url;
}
