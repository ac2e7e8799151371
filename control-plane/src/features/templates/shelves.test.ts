import { expect, test } from "vitest";
import type { Ports } from "../../ports.ts";
import { templateService } from "./service.ts";
import type { Listed, Shelf } from "./shelf.ts";

const named = (name: string) => ({ id: name, name, version: name, description: "", categories: [] }) as unknown as Listed;
const names = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word}-${i}`);

function shelf(its: string[]): Shelf {
  const of = (search = "") => its.filter((name) => name.includes(search));
  return {
    search: async ({ search }, offset, limit) => ({
      items: of(search)
        .slice(offset, offset + limit)
        .map(named),
      total: of(search).length,
    }),
    find: async (id) => (its.includes(id) ? { listed: named(id), template: null, dangers: [], dropped: [] } : undefined),
    versions: async (ids) => new Map(ids.filter((id) => its.includes(id)).map((id) => [id, id])),
  };
}

function catalogOf(bundled: string[], ...others: string[][]) {
  const catalog: Ports["catalog"] = { index: async () => JSON.stringify(bundled.map(named)), template: async () => undefined };
  const apps = { counts: async () => new Map(), of: async () => [], portsOn: async () => new Set<number>() };
  const service = templateService({ catalog } as Ports, others.map(shelf), () => apps);
  const page = async (page: number, pageSize: number, search?: string) => {
    const { items, pagination } = await service.list({ search }, { page, pageSize });
    return { names: items.map(({ name }) => name), ...pagination };
  };
  return { service, page };
}

test.each([
  [5, 7, 4],
  [3, 3, 3],
  [0, 5, 0],
  [6, 0, 1],
  [0, 0, 0],
])("catalogs of %i, %i and %i templates are one list, whatever the size of its pages", async (...counts) => {
  const [bundled, ...others] = counts.map((count, i) => names("abc"[i]!, count));
  const all = [...bundled!, ...others.flat()];
  const { page } = catalogOf(bundled!, ...others);
  for (const size of [1, 2, 3, 4, 5, 7, 100]) {
    const pages = Math.max(1, Math.ceil(all.length / size));
    const seen: string[] = [];
    for (let number = 1; number <= pages; number++) {
      const { names, total } = await page(number, size);
      expect(total).toBe(all.length);
      expect(names).toHaveLength(Math.min(size, all.length - seen.length));
      seen.push(...names);
    }
    expect(seen).toEqual(all);
    expect((await page(pages + 1, size)).names).toEqual([]);
  }
});

test("what is searched for is counted and found in all of them", async () => {
  const { page } = catalogOf(["mail", "blog"], ["web-mail", "wiki"], ["mail-list"]);
  expect(await page(1, 2, "mail")).toMatchObject({ names: ["mail", "web-mail"], total: 3, totalPages: 2 });
  expect(await page(2, 2, "mail")).toMatchObject({ names: ["mail-list"], total: 3 });
});

test("versions of templates of several catalogs are told together", async () => {
  const { service } = catalogOf(["mail"], ["wiki"], ["web"]);
  expect(await service.versions(["web", "mail", "gone"])).toEqual(
    new Map([
      ["mail", "mail"],
      ["web", "web"],
    ]),
  );
  expect(await service.versions([])).toEqual(new Map());
});
