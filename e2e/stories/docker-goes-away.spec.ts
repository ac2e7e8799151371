import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agent } from "../world/agent.ts";
import { type Api, api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { only } from "../world/compose.ts";
import { heading, reads, signsIn, stepIs } from "../world/console.ts";
import { administrator, controlPlane } from "../world/control-plane.ts";
import { endAll } from "../world/ends.ts";
import { engine } from "../world/engine.ts";
import { buildImages } from "../world/images.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let admin: Api;
let page: Page;
let docker: Awaited<ReturnType<typeof engine>>;
const compose = only("appos-test/patient:1", "    network_mode: none\n");

beforeAll(async () => {
  await buildImages();
  docker = await engine();
  await docker.give("appos-test/patient:1");
  const controls = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  admin = await api(controls.url).signIn(administrator);
  await agent(controls, admin, "tokyo", { env: { DOCKER_HOST: docker.host } });
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

const entries = async (id: string) => (await admin.entries(id)).map(({ text }) => text).join("\n");

async function makeReady() {
  await until("its container runs", async () => {
    const [container] = (await docker.docker("ps", "-q")).split("\n");
    return container && docker.docker("exec", container, "touch", "/tmp/ready").then(() => true);
  });
}

test("Docker stopped in the middle of a deployment is waited for, and the deployment goes on when it is back", async () => {
  const { deployment } = await admin.create("shop", compose);
  await page.goto(`/deployments/${deployment.id}`);
  await stepIs(page, "Health", "running");
  await docker.stop();
  await reads(page, "Docker went away. Waiting up to a minute for it to come back.");
  await docker.start();
  await until("it goes on", async () => (await entries(deployment.id)).includes("Docker is back. Going on."));
  await makeReady();
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
});

test("while Docker is stopped the server says so, and a deployment fails with what to do", async () => {
  await docker.stop();
  await until("the server says so", async () => (await admin.server("tokyo")).facts?.dockerProblem);
  await page.goto("/servers/tokyo");
  await reads(page, "Apps cannot run here yet.");
  const { id } = await admin.deploy("shop");
  const { status, error } = await admin.settled(id);
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "DOCKER_UNAVAILABLE", details: { step: "check" } });
});

test("when Docker is back the server says so by itself", async () => {
  await docker.start();
  await until("the server is well", async () => (await admin.server("tokyo")).facts?.dockerProblem === null);
});
