import { wildcardOf } from "@appos/shared/wildcards";
import { namesOf, type ResolvedSite } from "./resolved.ts";

/** By wildcard, the sites' own names that it would stand for. Whatever they are, and whatever they have not, they are never served as one of it. */
export type OwnNames = ReadonlyMap<string, readonly string[]>;

export function ownNames({ sites }: { sites: Pick<ResolvedSite, "name" | "alias">[] }): OwnNames {
  const names = sites.flatMap(namesOf);
  const wildcards = new Set(names);
  return Map.groupBy(
    names.filter((name) => wildcards.has(wildcardOf(name) ?? "")),
    (name) => wildcardOf(name)!,
  );
}
