import { expect, test } from "vitest";
import { shop, shopCompose, templateWorld } from "../../platform/memory/template-world.ts";

const COLOUR = { key: "COLOUR", label: "Colour", default: "blue" };
const KEY = { key: "API_KEY", label: "Key", type: "password", secret: true, generator: { kind: "hex", chars: 32 } };
const newer = (changed: object = {}) =>
  shop({ version: "2.0", compose: shopCompose.replace("1.0", "2.0"), inputs: [...shop().inputs, COLOUR, KEY], ...changed });
const UPDATE = "/api/v1/apps/shop/template-update";

test("an app that was made from no template has nothing to take over", async () => {
  const { admin } = await templateWorld();
  await admin("/api/v1/apps", { json: { name: "shop", source: { type: "compose", compose: shopCompose } } });
  expect(await admin(UPDATE)).toMatchObject({ status: 409, message: "shop was not made from a template." });
});

test("an app of the newest version is told so", async () => {
  const { admin, install } = await templateWorld();
  await install();
  expect(await admin(UPDATE)).toMatchObject({ status: 409, message: expect.stringContaining("1.0 of Shop, which is the newest") });
  expect((await admin("/api/v1/apps/shop")).data.template).toEqual({ id: "shop", version: "1.0" });
});

test("a newer template is announced, shows what it would change, and is saved with the values that were there", async () => {
  const { install, env, content, updated } = await templateWorld();
  await install({ HTTP_PORT: "9000" });
  const before = await env("shop");
  const admin = await updated(newer({ files: [{ path: "shop.conf", content: "to = ${ADMIN_EMAIL}\n", fill: true }] }));
  expect((await admin("/api/v1/apps")).data.items[0].template).toEqual({ id: "shop", version: "1.0", newer: "2.0" });
  const { data } = await admin(UPDATE);
  expect(data).toMatchObject({ from: "1.0", to: "2.0", edited: false, files: [{ path: "shop.conf", change: "changed" }] });
  expect(data.inputs.map(({ key }: { key: string }) => key)).toEqual(["COLOUR", "API_KEY"]);

  expect(await admin(UPDATE, { json: { inputs: { COLOUR: "green" } } })).toMatchObject({
    status: 200,
    data: { number: 2, message: "Shop 2.0, before 1.0" },
  });
  const after = await env("shop");
  for (const [key, entry] of before) expect(after.get(key), key).toEqual(entry);
  expect(after.get("COLOUR")).toMatchObject({ value: "green", secret: false });
  expect(after.get("API_KEY")).toMatchObject({ value: expect.stringMatching(/^[0-9a-f]{32}$/), secret: true });
  const { compose, files } = await content("shop");
  expect(compose).toContain("shop:2.0");
  expect(files[0]!.content).toBe("to = ann@example.org\n");
  expect((await admin("/api/v1/apps/shop")).data).toMatchObject({ version: 2, template: { id: "shop", version: "2.0" } });
});

test("what somebody changed by hand is not overwritten: they say what is saved, and are asked again the next time", async () => {
  const { admin: first, install, content, updated } = await templateWorld();
  await install();
  const mine = `${shopCompose}    labels: { mine: "yes" }\n`;
  await first("/api/v1/apps/shop/compose", { method: "PUT", json: { compose: mine } });
  const admin = await updated(newer());
  expect((await admin(UPDATE)).data).toMatchObject({ edited: true, mine, theirs: expect.stringContaining("shop:2.0"), version: 2 });
  expect(await admin(UPDATE, { json: {} })).toMatchObject({ status: 409, message: expect.stringContaining("changed by hand") });
  expect((await content("shop")).compose).toBe(mine);

  const merged = mine.replace("1.0", "2.0");
  expect(await admin(UPDATE, { json: { compose: merged, basedOn: 1 } })).toMatchObject({
    status: 409,
    message: expect.stringContaining("saved version 2"),
  });
  expect(await admin(UPDATE, { json: { compose: merged, basedOn: 2 } })).toMatchObject({ status: 200, data: { number: 3 } });
  const later = await updated(newer({ version: "3.0" }));
  expect((await later(UPDATE)).data).toMatchObject({ from: "2.0", to: "3.0", edited: true });
});

test("a file that was changed by hand stays, and it is said", async () => {
  const { services, install, content, updated } = await templateWorld();
  await install();
  const file = { path: "shop.conf", content: "mine\n", encoding: "text" as const, executable: false };
  await services.apps.saveConfig("shop", { files: [file], message: "" }, { name: "Ada", address: "" } as never);
  const admin = await updated(
    newer({
      files: [
        { path: "shop.conf", content: "theirs\n" },
        { path: "more.conf", content: "more\n" },
      ],
    }),
  );
  const changes = [
    { path: "shop.conf", change: "kept" },
    { path: "more.conf", change: "added" },
  ];
  expect((await admin(UPDATE)).data).toMatchObject({ edited: false, files: changes });
  expect(await admin(UPDATE, { json: {} })).toMatchObject({ status: 200 });
  expect((await content("shop")).files.map(({ content }) => content)).toEqual(["mine\n", "more\n"]);
});

test("what the newer template needs and nobody gave is asked for", async () => {
  const { install, updated } = await templateWorld();
  await install();
  const admin = await updated(newer({ inputs: [...shop().inputs, { key: "LICENCE", label: "Licence" }] }));
  expect(await admin(UPDATE, { json: {} })).toMatchObject({ status: 400, message: "Licence: This is needed." });
});
