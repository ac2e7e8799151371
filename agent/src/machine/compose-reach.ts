import { isMap, isScalar, parseAllDocuments, visit } from "yaml";

/** Keys by which Compose reads further files while it resolves one. */
const reading = new Set(["env_file", "extends", "include", "label_file"]);
const own = new Set([".env", "./.env"]);

/**
 * Why a compose file might read other files than its own; undefined when it cannot. It goes by the names of keys, wherever they are,
 * so that it does not matter what anchors and merges make of them.
 */
export function reachesOutside(compose: string): string | undefined {
  let found: string | undefined;
  for (const document of parseAllDocuments(compose)) {
    visit(document, {
      Pair(_, { key, value }) {
        const name = isScalar(key) ? String(key.value) : "";
        if (!isScalar(key)) found ??= "The file has a key that is no word.";
        if (!reading.has(name)) return;
        const harmless = name === "extends" ? plainExtends(value) : isScalar(value) && own.has(String(value.value));
        if (!harmless) found ??= `${name} reads other files, which is only possible where the agent runs as root. Only env_file: .env is.`;
      },
    });
  }
  return found;
}

/** The name of a service, or nothing but its key. */
const plainExtends = (value: unknown) =>
  isScalar(value) || (isMap(value) && value.items.every(({ key }) => isScalar(key) && key.value === "service"));
