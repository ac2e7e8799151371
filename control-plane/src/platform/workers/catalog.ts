import type { Catalog } from "../../ports.ts";

/** JSON of `{index, templates}`, each as the JSON that the port gives. */
declare const APPOS_CATALOG: string;

/** The catalog that the worker carries. Read when somebody asks for it, and not kept. */
export function carriedCatalog(): Catalog {
  const read = () => JSON.parse(APPOS_CATALOG) as { index: string; templates: Record<string, string> };
  return {
    index: async () => read().index,
    template: async (id) => new Map(Object.entries(read().templates)).get(id),
  };
}
