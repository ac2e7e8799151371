import { parseAllDocuments, visit, isMap, isScalar, isSeq, type Node } from "yaml";
import { JobFailure } from "../jobs/job-failure.ts";
import { cleanPath, isBelow } from "../policy-mounts.ts";

type File = { path: string; bytes: Uint8Array; isCompose: boolean };

/** The further files that Compose reads when it reads these: env files, label files, and what services extend. Paths are below the folder. */
export async function readByCompose(
  texts: string[],
  directory: string,
  envFiles: string[],
  read: (path: string) => Promise<string>,
): Promise<File[]> {
  const found = new Map<string, File>();
  const waiting = [...texts];
  for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
    for (const { path, required, isCompose } of named(text)) {
      const place = path.startsWith("/") ? cleanPath(path) : cleanPath(`${directory}/${path}`);
      const below = place.slice(directory.length + 1);
      if (path.includes("$")) throw refused(`It reads ${path}, whose name comes from a variable. Write the name itself.`);
      if (!isBelow(place, directory)) throw refused(`It reads ${path}, which is not below ${directory}. Move it there.`);
      if (below === ".env") {
        if (envFiles.length > 0 && !envFiles.includes(place))
          throw refused("Its services read .env, and its variables come from another file. Put both into .env.");
        continue;
      }
      if (below === "compose.yaml" || found.has(below)) continue;
      const content = required ? await read(place) : await read(place).catch(() => undefined);
      if (content === undefined) continue;
      found.set(below, { path: below, bytes: new TextEncoder().encode(content), isCompose });
      if (isCompose) waiting.push(content);
    }
  }
  return [...found.values()];
}

interface Named {
  path: string;
  required: boolean;
  isCompose: boolean;
}

function named(text: string): Named[] {
  const found: Named[] = [];
  for (const document of parseAllDocuments(text)) {
    visit(document, {
      Pair(_, { key, value }) {
        const name = isScalar(key) ? String(key.value) : "";
        if (name === "include")
          throw refused("It uses include, which AppOS does not take over. Put the files together with docker compose config.");
        if (name === "env_file" || name === "label_file")
          found.push(...paths(value as Node | null).map((each) => ({ ...each, isCompose: false })));
        if (name === "extends" && isMap(value) && value.has("file"))
          found.push({ path: String(value.get("file")), required: true, isCompose: true });
      },
    });
  }
  return found;
}

/** A path, several, or maps with one each. */
function paths(value: Node | null): Omit<Named, "isCompose">[] {
  if (isScalar(value)) return [{ path: String(value.value), required: true }];
  if (isSeq(value)) return value.items.flatMap((item) => paths(item as Node));
  if (isMap(value) && value.has("path")) return [{ path: String(value.get("path")), required: value.get("required") !== false }];
  return [];
}

const refused = (message: string) => new JobFailure("INVALID_COMPOSE", message);
