import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at } from "./root.mjs";

const skipped = new Set(["node_modules", "build", "dist", ".svelte-kit"]);
const isTest = (name) => /\.test\.[mc]?[jt]s$/.test(name);

/** Every file below a path, sorted; the path itself where it is a file. Tests and what is made from sources do not count. */
export function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { withFileTypes: true }).filter(({ name }) => !skipped.has(name) && !isTest(name));
  return entries.flatMap(({ name }) => filesBelow(join(path, name))).sort();
}

/** One number for what is in these files: it changes when, and only when, they do. */
export function contentOf(paths) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesBelow(at(path)))) hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 16);
}

const stampFile = (name) => at("dist/.made-from", name);

/** Was it made from exactly this? */
export const isFresh = (name, content, made) =>
  made.every((path) => existsSync(at(path))) && existsSync(stampFile(name)) && readFileSync(stampFile(name), "utf8") === content;

export function remember(name, content) {
  mkdirSync(at("dist/.made-from"), { recursive: true });
  writeFileSync(`${stampFile(name)}.new`, content);
  renameSync(`${stampFile(name)}.new`, stampFile(name));
}
