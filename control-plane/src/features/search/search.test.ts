import { expect, test } from "vitest";
import { setUp } from "../../platform/memory/tester.ts";

const source = { type: "compose", compose: "services: {web: {image: nginx}}" };

async function world() {
  const it = await setUp();
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  const { data: project } = await it.admin("/api/v1/projects", { json: { name: "shops" } });
  for (const name of ["blog", "shop-de", "shop-fr"])
    await it.admin("/api/v1/apps", { json: { name, serverId: data.server.id, source, ...(name !== "blog" && { projectId: project.id }) } });
  const names = async (path: string) => (await it.admin(path)).data.items.map(({ name }: { name: string }) => name);
  return { ...it, names };
}

test("what has these letters in its name is found, of every kind", async () => {
  const { admin } = await world();
  const { data } = await admin("/api/v1/search?q=SHO");
  expect(
    data.items.filter(({ kind }: { kind: string }) => kind !== "template").map(({ kind, path }: Record<string, string>) => [kind, path]),
  ).toEqual([
    ["app", "/apps/shop-de"],
    ["app", "/apps/shop-fr"],
    ["project", "/projects/shops"],
  ]);
  expect((await admin("/api/v1/search?q=")).status).toBe(400);
});

test("characters that mean something elsewhere are looked for as they stand", async () => {
  const { names } = await world();
  for (const q of ["%25", "_", "'", '"']) expect(await names(`/api/v1/apps?search=${q}`)).toEqual([]);
  expect(await names("/api/v1/apps?search=-")).toEqual(["blog", "shop-de", "shop-fr"]);
});

test("apps are found by project, label, server and state, page by page; favourites come first", async () => {
  const { admin, names } = await world();
  await admin("/api/v1/apps/shop-fr", { method: "PATCH", json: { labels: ["Paris"] } });
  expect(await names("/api/v1/apps?project=shops")).toEqual(["shop-de", "shop-fr"]);
  expect(await names("/api/v1/apps?label=Paris")).toEqual(["shop-fr"]);
  expect(await names("/api/v1/apps?search=paris")).toEqual(["shop-fr"]);
  expect(await names("/api/v1/apps?search=tokyo")).toHaveLength(3);
  expect(await names("/api/v1/apps?status=running")).toEqual([]);
  expect(await names("/api/v1/apps?status=deploying&pageSize=2&page=2")).toEqual(["shop-fr"]);
  await admin("/api/v1/apps/shop-fr/favourite", { method: "PUT", json: {} });
  expect(await names("/api/v1/apps?pageSize=2")).toEqual(["shop-fr", "blog"]);
});
