import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { webWithData } from "../world/compose.ts";
import { heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, controlPlaneWithServer } from "../world/control-plane.ts";
import { answerAt, appNamed, containersOf, docker } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { port as freePort } from "../world/places.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let admin: Api;
let page: Page;
let port: number;
const shop = appNamed("shop");

async function deploys(compose: string) {
  await admin.saveCompose(shop, compose);
  return admin.settled((await admin.deploy(shop)).id);
}
const answers = (version: number) =>
  until(`version ${version} answers`, async () => (await answerAt(port))?.includes(`version ${version}`) || undefined);
const inShop = async (...command: string[]) => docker("exec", (await containersOf(shop))[0]!, ...command);

beforeAll(async () => {
  await buildImages();
  const world = await controlPlaneWithServer();
  admin = world.admin;
  port = await freePort();
  page = await visitor(world.controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
  const { deployment } = await admin.create(shop, webWithData(port));
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded", kind: "deploy" });
});

test("what never ran cannot be gone back to, nor what came before the first", async () => {
  await expect(admin.post(`apps/${shop}/rollback`)).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  await expect(admin.post(`apps/${shop}/rollback`, { release: 7 })).rejects.toMatchObject({ status: 404 });
  await expect(admin.post(`apps/${shop}/rollback`, { release: 0 })).rejects.toMatchObject({ status: 400 });
});

test("a deploy, a break, and back with one click; the data is what it was, and the roll-back is undone by another", async () => {
  await inShop("sh", "-c", "echo precious > /data/file");
  expect(await deploys(webWithData(port, 2))).toMatchObject({ status: "succeeded" });
  await answers(2);
  const broken = await deploys(webWithData(port).replace("web:1", "crash:1"));
  expect(broken).toMatchObject({ status: "failed", error: { details: { restored: 2 } } });
  await answers(2);
  await expect(admin.post(`apps/${shop}/rollback`, { release: 3 })).rejects.toMatchObject({ status: 409 });

  await page.goto(`/apps/${shop}/deployments`);
  const first = page.getByRole("list", { name: "Releases" }).getByRole("listitem").filter({ hasText: "Release 1 " });
  await first.getByText("nothing is pulled").waitFor();
  await first.getByRole("button", { name: "Roll back to this" }).click();
  await heading(page, `Roll ${shop} back to release 1`);
  await page.getByRole("dialog").getByRole("button", { name: "Roll back", exact: true }).click();
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  await answers(1);
  expect(await inShop("cat", "/data/file")).toBe("precious");

  const app = await admin.app(shop);
  expect(app).toMatchObject({ liveRelease: 1, liveVersion: 1, version: 3, status: "running", drift: [] });
  await page.goto(`/apps/${shop}`);
  await reads(page, "Version 3 is saved, but not running.");
  await reads(page, "roll-back");

  const { deployment } = await admin.post<{ deployment: { id: string; kind: string } }>(`apps/${shop}/rollback`, { release: 2 });
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded", kind: "rollback", release: 2, version: 2 });
  // Its app is told right after it.
  await until("release 2 is live", async () => (await admin.get<{ live: boolean }>(`deployments/${deployment.id}`)).live);
  await answers(2);
  expect(await inShop("cat", "/data/file")).toBe("precious");
  const { items } = await admin.get<{ items: { number: number; live: boolean; kept: boolean }[] }>(`apps/${shop}/releases`);
  expect(items.map(({ number, live, kept }) => [number, live, kept])).toEqual([
    [2, true, true],
    [1, false, true],
  ]);
});

test("a roll-back that would leave data behind stops until somebody confirms, in the console and without it", async () => {
  const elsewhere = webWithData(port, 2).replace("[data:/data]", "[store:/data]").replace("  data: {}", "  store: {}");
  await admin.saveCompose(shop, elsewhere);
  const { deployment } = await admin.post<{ deployment: { id: string; release: number } }>(`apps/${shop}/deploy`, {
    confirm: ["volume-renamed:data"],
  });
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  await inShop("sh", "-c", "echo newer > /data/file");

  const asked = await admin.post<{ deployment: { id: string } }>(`apps/${shop}/rollback`, { release: 1, confirm: ["volume-renamed:data"] });
  expect(await admin.settled(asked.deployment.id)).toMatchObject({
    status: "failed",
    kind: "rollback",
    error: { code: "CONFIRMATION_NEEDED", details: { step: "resolve", dangers: [{ id: "volume-renamed:store" }] } },
  });
  expect([await answerAt(port), await inShop("cat", "/data/file")]).toEqual(["version 2", "newer"]);

  await page.goto(`/deployments/${asked.deployment.id}`);
  await reads(page, "Nothing that ran was touched.");
  await presses(page, "Look at the plan and confirm");
  const dialog = page.getByRole("dialog", { name: `Roll ${shop} back to release 1` });
  await dialog.getByText("1 danger is not confirmed yet.").waitFor();
  const back = dialog.getByRole("button", { name: "Roll back", exact: true });
  expect(await back.isDisabled()).toBe(true);
  await dialog.getByRole("checkbox").check();
  await back.click();
  await page.waitForURL((url) => /\/deployments\/dep_/.test(url.pathname) && !url.pathname.endsWith(asked.deployment.id));
  await succeeds(page);
  expect([await answerAt(port), await inShop("cat", "/data/file")]).toEqual(["version 1", "precious"]);
});
