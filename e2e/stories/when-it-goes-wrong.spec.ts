import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { only, patient, web } from "../world/compose.ts";
import { agreesToThePlan, deploysNewApp, fills, heading, pastesCompose, presses, reads, signsIn, stepIs } from "../world/console.ts";
import { administrator, controlPlaneWithServer } from "../world/control-plane.ts";
import { answerAt, appNamed, containersOf } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { port as freePort } from "../world/places.ts";
import { emptyRegistry } from "../world/registry.ts";

afterAll(endAll);

let admin: Api;
let page: Page;
let port: number;
let another: number;
const shop = appNamed("shop");

beforeAll(async () => {
  await buildImages();
  const world = await controlPlaneWithServer();
  admin = world.admin;
  [port, another] = [await freePort(), await freePort()];
  page = await visitor(world.controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");

  const { deployment } = await admin.create(shop, web(port));
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
});

/** Deploys a new app that cannot be deployed, and gives its end. */
async function fails(compose: string, name = appNamed("odd")) {
  const { deployment } = await admin.create(name, compose);
  return admin.settled(deployment.id);
}

/** Deploys the shop from another file, and gives the end of that. */
async function shopFails(compose: string) {
  await admin.saveCompose(shop, compose);
  const { id } = await admin.deploy(shop);
  return admin.settled(id);
}

test("a file that is no YAML is refused before anything is made, with line and column", async () => {
  const broken = 'services:\n  web:\n    image: "appos-test/web:1\n    ports: []\n';
  await expect(admin.create("odd", broken)).rejects.toMatchObject({
    status: 400,
    code: "INVALID_COMPOSE",
    message: expect.stringMatching(/^This is not YAML: .+\.$/),
    details: { line: expect.any(Number), column: expect.any(Number) },
  });
  await expect(admin.app("odd")).rejects.toMatchObject({ status: 404 });

  await page.goto("/apps/new");
  await fills(page, "Name", "odd");
  await pastesCompose(page, "services:\n  web:\n    image: [appos-test/web:1\n");
  await presses(page, "Deploy");
  await page.getByRole("button", { name: /^Line \d+, column \d+$/ }).waitFor();
  await reads(page, /This is not YAML/);
});

test("a file without services is refused in a sentence", async () => {
  const message = "The compose file has no services. Add at least one under the key services.";
  await expect(admin.create("odd", "volumes: {}\n")).rejects.toMatchObject({ code: "INVALID_COMPOSE", message });
  await expect(admin.create("odd", "services: {}\n")).rejects.toMatchObject({ code: "INVALID_COMPOSE" });
  await expect(admin.create("odd", "")).rejects.toMatchObject({ code: "INVALID_COMPOSE", message: "The compose file is empty." });
});

test("an unknown key is refused in Compose's own words", async () => {
  const { status, error } = await fails(only("appos-test/web:1", "    colour: green\n"));
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "INVALID_COMPOSE", details: { step: "resolve" } });
  expect(error?.message).toContain("Additional property colour is not allowed");
});

test("an image that does not exist is named, and what ran before still runs", async () => {
  const image = `${await emptyRegistry(await freePort())}/nowhere:1`;
  const { status, error } = await shopFails(only(image));
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "IMAGE_NOT_FOUND", details: { step: "pull", service: "web" } });
  expect(error?.message).toContain(`The image ${image} of the service web was not found.`);
  expect(await answerAt(port)).toBe("version 1");
});

test("a registry that does not answer is told from an image that is not there", async () => {
  const { status, error } = await shopFails(only(`127.0.0.1:${await freePort()}/somewhere:1`));
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "REGISTRY_UNREACHABLE", details: { step: "pull" } });
  expect(error?.message).toMatch(/somewhere:1 could not be pulled: .* does not answer this server\..* Docker said: .*connection refused/);
});

test("a port that is taken is named with who has it, and the release before is put back", async () => {
  const rival = appNamed("rival");
  const { deployment } = await admin.create(rival, web(another));
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  const { status, error } = await shopFails(web(another, 2));
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "PORT_TAKEN", details: { step: "start", service: "web", restored: 1 } });
  expect(error?.message).toContain(`Port ${another} is already taken by the container appos-${rival}-web-1.`);
  expect(await answerAt(port)).toBe("version 1");
  expect(await answerAt(another)).toBe("version 1");
});

test("a container that never becomes healthy is taken away again, its last words are shown, and the release before serves", async () => {
  await page.goto(`/apps/${shop}/config`);
  await reads(page, "services:");
  await pastesCompose(page, only("appos-test/sick:1", `    ports: ["${port}:80"]\n`));
  await presses(page, "Save and deploy");
  await agreesToThePlan(page);
  await page.waitForURL(/\/deployments\/dep_/);
  const failure = page.getByRole("region", { name: "What went wrong" });
  await failure.getByRole("heading", { name: /web did not become healthy: its health check fails\./ }).waitFor();
  await failure.getByText("the database does not answer").first().waitFor();
  await failure
    .getByText(/Release 1 was put back/)
    .first()
    .waitFor();
  await page.getByText("UNHEALTHY", { exact: true }).waitFor();
  expect(await answerAt(port)).toBe("version 1");
  const app = await admin.app(shop);
  expect(app).toMatchObject({ status: "running", liveRelease: 1 });
  expect(app.services[0]).toMatchObject({ image: "appos-test/web:1" });
});

test("a container that ends again and again is told so, with its last words", async () => {
  const name = appNamed("odd");
  const { status, error } = await fails(only("appos-test/crash:1", "    restart: always\n"), name);
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "UNHEALTHY", details: { step: "health", service: "web", restored: null } });
  expect(error?.message).toContain("web did not become healthy: it ended and was restarted");
  expect(error?.details?.lines).toContain("the configuration is missing");
  expect(await containersOf(name)).toEqual([]);
});

test("what the server's policy does not allow is refused by rule, and nothing is started", async () => {
  const name = appNamed("odd");
  const { status, error } = await fails(only("appos-test/web:1", "    privileged: true\n"), name);
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "POLICY_REFUSED", details: { rule: "privileged", service: "web" } });
  expect(error?.message).toMatch(/The service web asks for privileged: true.*policy\.yaml/);
  expect(await containersOf(name)).toEqual([]);
});

test("a deployment that is under way is canceled, and nothing of it is left", async () => {
  const name = appNamed("odd");
  await deploysNewApp(page, { name, compose: patient(await freePort()) });
  await stepIs(page, "Health", "running");
  await presses(page, "Cancel");
  await page.getByText("Canceled", { exact: true }).waitFor();
  expect(await containersOf(name)).toEqual([]);
});
