import type { Catalog } from "../../ports.ts";
import type { Listed, Shelf, Shelved, TemplateQuery } from "./shelf.ts";

/** The catalog that AppOS ships with. Its list stays in memory once somebody has asked for it, the templates do not. */
export function bundledShelf(catalog: Catalog): Shelf {
  let list: Promise<Listed[]> | undefined;
  const all = () => {
    list ??= catalog.index().then((text) => JSON.parse(text) as Listed[]);
    list.catch(() => (list = undefined));
    return list;
  };
  return {
    async search(query, offset, limit) {
      const found = matching(await all(), query);
      return { items: found.slice(offset, offset + limit), total: found.length };
    },
    async find(id) {
      // What stands in no list is asked for under no name.
      if (!(await all()).some((listed) => listed.id === id)) return undefined;
      const text = await catalog.template(id);
      return text === undefined ? undefined : (JSON.parse(text) as Shelved);
    },
    async versions(ids) {
      const wanted = new Set(ids);
      if (wanted.size === 0) return new Map();
      return new Map((await all()).filter(({ id }) => wanted.has(id)).map(({ id, version }) => [id, version]));
    },
  };
}

/** By name; those whose name begins with what is searched for come first, those that only speak of it last. */
function matching(listed: Listed[], { search = "", category }: TemplateQuery): Listed[] {
  const sought = search.trim().toLowerCase();
  const words = sought.split(/\s+/).filter(Boolean);
  const rank = ({ name }: Listed) =>
    sought === "" ? 0 : name.toLowerCase().startsWith(sought) ? 0 : name.toLowerCase().includes(sought) ? 1 : 2;
  return listed
    .filter((one) => category === undefined || one.categories.includes(category))
    .filter(({ id, name, description }) => {
      const text = `${id} ${name} ${description}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b) || (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}
