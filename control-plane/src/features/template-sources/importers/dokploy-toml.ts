import { parse } from "smol-toml";
import { Untranslatable } from "./untranslatable.ts";
import { map, type Part } from "./reading.ts";

/** TOML as Dokploy's templates have it: those that are not quite TOML are read for what they mean. `mended` says so. */
export function readToml(source: string): { root: Part; mended: boolean } {
  try {
    return { root: map(parse(source)), mended: false };
  } catch {
    // What it says strictly is of no interest while it can be read otherwise.
  }
  try {
    return { root: map(parse(mend(source))), mended: true };
  } catch (error) {
    const line = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Untranslatable(`Its template.toml is not TOML: ${line}`);
  }
}

/** An empty list that is given its entries further on, and backslashes that escape nothing. */
function mend(source: string): string {
  const lists = new Set([...source.matchAll(/^\s*\[\[(?:[\w-]+\.)*([\w-]+)\]\]/gm)].map(([, name]) => name!));
  return source
    .split("\n")
    .map((line) => {
      const empty = /^\s*([\w-]+)\s*=\s*\[\s*\]\s*(#.*)?$/.exec(line);
      return empty && lists.has(empty[1]!) ? "" : line;
    })
    .join("\n")
    .replace(/\\(u(?![0-9a-fA-F]{4})|U(?![0-9a-fA-F]{8})|x(?![0-9a-fA-F]{2})|[^btnfreuUx"\\\s])/g, "\\\\$1");
}
