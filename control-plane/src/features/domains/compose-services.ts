import { parse } from "yaml";

/** The services that a compose file names itself; undefined where it cannot be told without Compose. */
export function composeServices(text: string): string[] | undefined {
  try {
    const file: unknown = parse(text, { merge: true, maxAliasCount: 1_000, uniqueKeys: false });
    if (!isMap(file) || !isMap(file["services"]) || "include" in file) return undefined;
    return Object.keys(file["services"]);
  } catch {
    return undefined;
  }
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
