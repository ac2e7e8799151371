import type { Danger } from "@appos/shared/plan";
import type { Category, Template } from "@appos/shared/templates";
import type { Listed, Shelf } from "../templates/shelf.ts";
import type { sourceStore } from "./store.ts";

type Store = ReturnType<typeof sourceStore>;
type Row = Omit<Awaited<ReturnType<Store["search"]>>[number], "total">;

/** The templates of all sources, beside the catalog's own. */
export const foreignShelf = (store: Store): Shelf => ({
  async search(query, offset, limit) {
    const rows = limit > 0 ? await store.search(query, offset, limit) : [];
    return { items: rows.map(listedOf), total: rows[0]?.total ?? (await store.countMatching(query)) };
  },
  async find(id) {
    const row = await store.template(id);
    if (!row) return undefined;
    return {
      listed: listedOf(row),
      template: row.template === null ? null : (JSON.parse(row.template) as Template),
      dangers: JSON.parse(row.dangers) as Danger[],
      dropped: JSON.parse(row.dropped) as string[],
    };
  },
  versions: async (ids) => new Map(ids.length === 0 ? [] : (await store.versions(ids)).map(({ id, version }) => [id, version])),
});

const listedOf = ({ id, name, version, description, categories, memoryMiB, problem, risks, sourceId, sourceName }: Row): Listed => ({
  id,
  name,
  version,
  description,
  categories: categories.trim().split(" ") as Category[],
  icon: {},
  source: { id: sourceId, name: sourceName },
  memoryMiB,
  problem,
  risks,
});
