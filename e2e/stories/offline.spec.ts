import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Agent, agent } from "../world/agent.ts";
import { type Api, api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { web } from "../world/compose.ts";
import { deploysNewApp, heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, controlPlane } from "../world/control-plane.ts";
import { answerAt, appNamed } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { port as freePort } from "../world/places.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let admin: Api;
let tokyo: Agent;
let page: Page;
let port: number;
const [shop, blog] = [appNamed("shop"), appNamed("blog")];

beforeAll(async () => {
  await buildImages();
  const controls = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  admin = await api(controls.url).signIn(administrator);
  tokyo = await agent(controls, admin, "tokyo");
  port = await freePort();
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
  const { deployment } = await admin.create(shop, web(port));
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
});

test("when an agent goes away the console says since when, and apps run on", async () => {
  await page.goto("/servers/tokyo");
  await page.getByText("Up", { exact: true }).first().waitFor();
  await tokyo.stop();
  await reads(page, /tokyo has not been heard of since/);
  await page.goto(`/apps/${shop}`);
  await page.getByText("Server away", { exact: true }).waitFor();
  await reads(page, "tokyo is away.");
  expect(await answerAt(port)).toBe("version 1");
  await expect(admin.get(`apps/${shop}/logs`)).rejects.toMatchObject({ status: 409, code: "SERVER_AWAY" });
});

test("a deployment waits for its server, says so, and can be canceled", async () => {
  await deploysNewApp(page, { name: blog, compose: web(await freePort()) });
  await reads(page, "Waiting for server tokyo.");
  await page.getByText("Pending", { exact: true }).waitFor();
  await presses(page, "Cancel");
  await page.getByText("Canceled", { exact: true }).waitFor();
});

test("a deployment that waits begins when the server is back", async () => {
  await admin.saveCompose(shop, web(port, 2));
  const { id } = await admin.deploy(shop);
  expect(await admin.deployment(id)).toMatchObject({ status: "pending", waitingFor: { reason: "server", serverName: "tokyo" } });
  await page.goto(`/deployments/${id}`);
  await reads(page, "Waiting for server tokyo.");
  await tokyo.start();
  await succeeds(page);
  expect(await answerAt(port)).toBe("version 2");
  // What was canceled was never begun.
  expect(await admin.app(blog)).toMatchObject({ liveRelease: null, services: [] });
});

test("of several deployments that wait, the newest is carried out", async () => {
  await tokyo.stop();
  const older = await admin.deploy(shop);
  await admin.saveCompose(shop, web(port, 1));
  const newer = await admin.deploy(shop);
  await tokyo.start();
  expect(await admin.settled(newer.id)).toMatchObject({ status: "succeeded" });
  expect((await admin.settled(older.id)).status).not.toBe("succeeded");
  await until("version 1 answers", async () => (await answerAt(port)) === "version 1");
});
