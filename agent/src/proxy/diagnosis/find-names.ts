import type { Names, NamesLooked } from "../../machine/machine.ts";

const ALIASES = 8;

/** What the DNS says of a name. */
export interface NamesFound {
  v4: NamesLooked<string>;
  v6: NamesLooked<string>;
  /** The names that it stands for, one after the other. */
  aliases: string[];
}

export async function findNames(name: string, names: Names): Promise<NamesFound> {
  const [v4, v6, aliases] = await Promise.all([names.addresses(name, 4), names.addresses(name, 6), aliasesOf(name, names)]);
  return { v4, v6, aliases };
}

export const recordsIn = <T>(looked: NamesLooked<T>): T[] => ("records" in looked ? looked.records : []);
export const addressesIn = ({ v4, v6 }: NamesFound): string[] => [...new Set([...recordsIn(v4), ...recordsIn(v6)])];

async function aliasesOf(name: string, names: Names): Promise<string[]> {
  const found: string[] = [];
  for (let at = name; found.length < ALIASES; at = found.at(-1)!) {
    const [next] = recordsIn(await names.aliases(at));
    if (next === undefined || found.includes(next)) break;
    found.push(next);
  }
  return found;
}
