import { canonicalName } from "@appos/shared/domain-name";
import { AppError } from "../../errors.ts";
import type { Statement } from "../../ports.ts";
import type { domainStore, NameSettings } from "./store.ts";

/** `www.` before the name, or the name without it; undefined where that is no name. */
export const partnerOf = (name: string) => canonicalName(name.startsWith("www.") ? name.slice(4) : `www.${name}`);

/** What a change of names comes to. */
export interface NamesAfter {
  names: NameSettings[];
  /** Those that are new, or other than they were. */
  claimed: NameSettings[];
  released: string[];
}

/** What has to be written for it. */
export const writesOf = (
  store: Pick<ReturnType<typeof domainStore>, "claim" | "release">,
  { claimed, released }: NamesAfter,
  jobId: string,
): Statement[] => [...(released.length > 0 ? [store.release(released)] : []), ...claimed.map((name) => store.claim(name, jobId))];

/** A server's names once one of them is so, with its partner where that leads there as well. */
export function withName(names: NameSettings[], wanted: Omit<NameSettings, "aliasOf">): NamesAfter {
  const { name } = wanted;
  const before = names.find((each) => each.name === name);
  if (before?.aliasOf) throw conflict("domain", `${name} leads to ${before.aliasOf}. Have that one's other form not lead there first.`);
  const own: NameSettings = { ...wanted, aliasOf: null };
  const alias = wanted.www ? [{ ...own, name: partner(name, names), aliasOf: name }] : [];
  const claimed = [own, ...alias];
  const released = names.filter((each) => each.aliasOf === name && !wanted.www).map((each) => each.name);
  const gone = new Set([...claimed.map((each) => each.name), ...released]);
  return { names: [...names.filter((each) => !gone.has(each.name)), ...claimed], claimed, released };
}

function partner(name: string, names: NameSettings[]): string {
  const other = partnerOf(name);
  if (other === undefined) {
    const message = `${name} has no other form with or without www.`;
    throw new AppError("INVALID_REQUEST", message, [{ path: "www", message }]);
  }
  const there = names.find((each) => each.name === other);
  if (there && there.aliasOf !== name) throw conflict("www", `${other} is a domain of its own. Remove that one first.`);
  return other;
}

export const nameTaken = (path: string, message: string) => new AppError("NAME_TAKEN", message, [{ path, message }]);
const conflict = (path: string, message: string) => new AppError("CONFLICT", message, [{ path, message }]);
