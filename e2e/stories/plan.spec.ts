import type { PlanView } from "@appos/shared/plan";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { presses, reads, signsIn, succeeds, heading } from "../world/console.ts";
import { administrator, controlPlaneWithServer } from "../world/control-plane.ts";
import { answerAt, appNamed, docker } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { port as freePort } from "../world/places.ts";

afterAll(endAll);

let admin: Api;
let page: Page;
let port: number;
const shop = appNamed("shop");
const compose = (version: number, volume: string) => `services:
  web:
    image: appos-test/web:${version}
    ports: ["${port}:80"]
    volumes: ["${volume}:/data"]
volumes:
  ${volume}: {}
`;

beforeAll(async () => {
  await buildImages();
  const world = await controlPlaneWithServer();
  admin = world.admin;
  port = await freePort();
  page = await visitor(world.controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
  const { deployment } = await admin.create(shop, compose(1, "data"));
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  await docker("exec", `appos-${shop}-web-1`, "touch", "/data/orders");
});

const plan = () => page.getByRole("dialog", { name: `Deploy ${shop}` });

test("before anything is deployed, the plan says what would happen and why", async () => {
  await admin.saveCompose(shop, compose(2, "data"));
  expect(await admin.post<PlanView>(`apps/${shop}/plan`)).toMatchObject({
    version: 2,
    liveRelease: 1,
    services: [{ service: "web", change: "recreate", reasons: ["image appos-test/web:1 becomes appos-test/web:2"] }],
    volumes: [{ name: `appos-${shop}_data`, change: "keep" }],
  });
  await page.goto(`/apps/${shop}`);
  await presses(page, "Deploy");
  await plan().getByText("1 service is made anew.").waitFor();
  await plan().getByText("image appos-test/web:1 becomes appos-test/web:2").waitFor();
  expect(await answerAt(port)).toBe("version 1");
  await plan().getByRole("button", { name: "Deploy" }).click();
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  expect(await answerAt(port)).toBe("version 2");
});

test("what would lose data stops, in the console and without it, until somebody confirms", async () => {
  await admin.saveCompose(shop, compose(1, "store"));
  const { id } = await admin.deploy(shop);
  expect(await admin.settled(id)).toMatchObject({
    status: "failed",
    error: { code: "CONFIRMATION_NEEDED", details: { step: "resolve", dangers: [{ id: "volume-renamed:data" }] } },
  });
  expect(await answerAt(port)).toBe("version 2");

  await page.goto(`/deployments/${id}`);
  await reads(page, "A volume gets another name, so the app starts without its data");
  await presses(page, "Look at the plan and confirm");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("1 danger is not confirmed yet.").waitFor();
  const deploy = dialog.getByRole("button", { name: "Deploy" });
  expect(await deploy.isDisabled()).toBe(true);
  await dialog.getByRole("checkbox").check();
  await deploy.click();
  await page.waitForURL((url) => /\/deployments\/dep_/.test(url.pathname) && !url.pathname.endsWith(id));
  await succeeds(page);
  expect(await answerAt(port)).toBe("version 1");
  expect(await docker("volume", "ls", "-q")).toContain(`appos-${shop}_data`);
});
