import { categoriesFor } from "./categories.ts";
import { finish } from "./finish.ts";
import type { Files, Imported, Importer } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { slug } from "./reading.ts";

/** Every template of a source, one after the other: what cannot be translated is listed with the reason. Nothing of it is executed. */
export function* importAll(importer: Importer, files: Files, prefix: string): Iterable<Imported> {
  const taken = new Set<string>();
  for (const found of importer.templates(files)) {
    const base = slug(found.id).slice(0, 56);
    let id = base;
    for (let n = 2; taken.has(id); n++) id = `${base}-${n}`;
    taken.add(id);
    const known = { id: `${prefix}:${id}`, name: (found.name ?? found.id).trim().slice(0, 80) || id };
    try {
      const draft = found.read();
      const { template, dangers, dropped } = finish(known.id, draft);
      const { name, version, description, categories } = template;
      yield { ...known, name, version, description, categories, template, dangers, dropped, problem: null };
    } catch (error) {
      yield {
        ...known,
        version: "1",
        description: (found.description ?? "").replace(/\s+/g, " ").trim().slice(0, 300),
        categories: categoriesFor(found.categories ?? []),
        template: null,
        dangers: [],
        dropped: [],
        problem: problemOf(error),
      };
    }
  }
}

/** What is wrong with a template never stops the others. */
function problemOf(error: unknown): string {
  if (error instanceof Untranslatable) return error.message.slice(0, 500);
  return `It cannot be read: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500);
}
