// node --import ./simulation/break.ts …: breaks the protocol on purpose, in the way that APPOS_BREAK names.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mutations } from "./mutations.ts";

const name = process.env["APPOS_BREAK"];
const mutation = mutations.find((each) => each.name === name);
if (!mutation) throw new Error(`There is no mutation ${name}`);

const texts = new Map<string, string>();
for (const { file, find, replace } of mutation.edits) {
  const path = join(import.meta.dirname, "..", file);
  const url = pathToFileURL(path).href;
  const text = texts.get(url) ?? readFileSync(path, "utf8");
  if (text.split(find).length !== 2) throw new Error(`${file} does not have exactly one place for ${name}`);
  texts.set(
    url,
    text.replace(find, () => replace),
  );
}

registerHooks({
  load(url, context, next) {
    const source = texts.get(url);
    return source === undefined ? next(url, context) : { format: "module-typescript", shortCircuit: true, source };
  },
});
