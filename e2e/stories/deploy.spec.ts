import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { patient, webWithData } from "../world/compose.ts";
import { deploysNewApp, fills, follows, heading, pastesCompose, presses, reads, signsIn, stepIs, succeeds } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { answerAt, appNamed, containersOf, makeReady, volumesOf } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { port as freePort } from "../world/places.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let page: Page;
let port: number;
let another: number;
const shop = appNamed("shop");
const blog = appNamed("blog");

beforeAll(async () => {
  await buildImages();
  ({ controls, admin } = await controlPlaneWithServer());
  [port, another] = [await freePort(), await freePort()];
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

const services = (on: Page) => on.getByRole("region", { name: "Services" });

test("a compose file is pasted, named and deployed, and its steps are seen as they happen, by everybody alike", async () => {
  await deploysNewApp(page, { name: blog, compose: patient(another) });
  await heading(page, `${blog}, release 1`);
  await stepIs(page, "Start", "succeeded");
  await stepIs(page, "Health", "running");
  await page
    .getByRole("log", { name: "Output of Health" })
    .getByText(/waiting for its health check/)
    .waitFor();

  const colleague = await visitor(controls.url);
  await signsIn(colleague, administrator);
  await heading(colleague, "Overview");
  await colleague.goto(new URL(page.url()).pathname);
  await page.reload();
  const log = "Output of Health";
  for (const each of [page, colleague]) {
    await stepIs(each, "Health", "running");
    await each
      .getByRole("log", { name: log })
      .getByText(/waiting for its health check/)
      .waitFor();
  }
  await makeReady(blog);
  for (const each of [page, colleague]) {
    await each.getByText("Succeeded", { exact: true }).waitFor();
    for (const title of ["Check", "Resolve", "Start", "Health"]) await stepIs(each, title, "succeeded");
    await services(each).getByText("Healthy", { exact: true }).waitFor();
  }
  await colleague.context().close();
});

test("a published port is a link, and answers", async () => {
  await deploysNewApp(page, { name: shop, compose: webWithData(port) });
  await succeeds(page);
  const link = services(page).getByRole("link", { name: `:${port}` });
  expect(await link.getAttribute("href")).toBe(`http://127.0.0.1:${port}`);
  const [opened] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
  await reads(opened, "version 1");
  await opened.close();
});

test("the compose file is kept as it was written", async () => {
  expect((await admin.version(shop, 1)).compose).toBe(webWithData(port));
});

test("a changed compose file is saved and deployed, and what was there is replaced", async () => {
  await page.goto(`/apps/${shop}/config`);
  await reads(page, "The shop. Ask Ada before you change the port.");
  await pastesCompose(page, webWithData(port, 2));
  await fills(page, "What changed", "Version 2 of the shop");
  await presses(page, "Save and deploy");
  await heading(page, `${shop}, release 2`);
  await succeeds(page);
  expect(await answerAt(port)).toBe("version 2");
  await page.goto(`/apps/${shop}/config`);
  await reads(page, "Version 2 of the shop");
});

test("an app is stopped, started and restarted", async () => {
  await page.goto(`/apps/${shop}`);
  await presses(page, "Stop");
  await reads(page, `${shop} was stopped.`);
  await page.getByText("Stopped", { exact: true }).first().waitFor();
  expect(await answerAt(port)).toBeUndefined();

  await presses(page, "Start");
  await reads(page, `${shop} was started.`);
  await services(page).getByText("Running", { exact: true }).waitFor();
  await until("it answers", async () => (await answerAt(port)) === "version 2");

  const before = (await admin.app(shop)).services[0]?.startedAt ?? 0;
  await presses(page, "Restart");
  await reads(page, `${shop} was restarted.`);
  await until("its service is a newer one", async () => ((await admin.app(shop)).services[0]?.startedAt ?? 0) > before);
  await until("it answers", async () => (await answerAt(port)) === "version 2");
});

test("an app is removed and its volume stays, unless told otherwise", async () => {
  const [volume] = await volumesOf(shop);
  await removes("Remove app");
  await until("it is gone", async () => (await containersOf(shop)).length === 0);
  expect(await volumesOf(shop)).toEqual([volume]);

  await deploysNewApp(page, { name: shop, compose: webWithData(port) });
  await succeeds(page);
  await removes("Remove app and data", async () => {
    await page.getByRole("radio", { name: /Delete/ }).check();
    await fills(page, `Type ${shop} to confirm`, shop);
  });
  expect(await volumesOf(shop)).toEqual([]);
  expect(await answerAt(port)).toBeUndefined();
});

test("every change was written down", async () => {
  await follows(page, "Activity");
  await heading(page, "Activity");
  await page.getByText(shop).first().waitFor();
  expect(faultsOf(page)).toEqual([]);
});

async function removes(button: string, choose = async () => {}) {
  await page.goto(`/apps/${shop}`);
  await presses(page, `More for ${shop}`);
  await page.getByRole("menuitem", { name: "Remove app" }).click();
  await page.getByRole("dialog", { name: `Remove ${shop}` }).waitFor();
  await choose();
  await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
  await page.waitForURL(/\/apps$/);
  await reads(page, `${shop} was removed.`);
}
