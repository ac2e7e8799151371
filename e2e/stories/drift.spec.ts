import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, controlPlaneWithServer } from "../world/control-plane.ts";
import { answerAt, appNamed, containersOf, docker } from "../world/docker.ts";
import { atEnd, endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { port as freePort } from "../world/places.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let admin: Api;
let page: Page;
let port: number;
let folder: string;
const shop = appNamed("shop");
/** A name that is this story's alone, so that it may come to mean another image. */
const image = `appos-test/${shop}:1`;
const compose = () => `services:\n  web:\n    image: ${image}\n    ports: ["${port}:80"]\n`;
const kinds = async () => (await admin.app(shop)).drift.map(({ kind }) => kind);
const drifts = (...wanted: string[]) =>
  until(`the drift is ${wanted.join()}`, async () => (await kinds()).join() === wanted.join() || undefined, 15_000);

beforeAll(async () => {
  await buildImages();
  await docker("tag", "appos-test/web:1", image);
  atEnd(() => docker("rmi", image).then(() => undefined));
  const world = await controlPlaneWithServer();
  admin = world.admin;
  port = await freePort();
  folder = join(world.controls.dataDir, "agent/apps", shop);
  page = await visitor(world.controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
  const { deployment } = await admin.create(shop, compose());
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
});

test("what was changed by hand is shown, explained, and put right with one click", async () => {
  await drifts();
  const [container] = await containersOf(shop);
  await docker("update", "--memory", "64m", "--memory-swap", "64m", container!);
  await drifts("changed-by-hand");
  await page.goto(`/apps/${shop}`);
  await reads(page, "What runs is not what release 1 says.");
  await reads(page, /Limits or the restart policy of .* were changed on the server/);
  await presses(page, "Put right");
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  await drifts();
  expect(await docker("inspect", "--format", "{{.HostConfig.Memory}}", (await containersOf(shop))[0]!)).toBe("0");
});

test("what somebody stopped is told, but not what was stopped here", async () => {
  await docker("stop", "-t", "0", (await containersOf(shop))[0]!);
  await drifts("stopped");
  await admin.jobEnded((await admin.order(shop, "stop")).id);
  await drifts();
  await docker("rm", (await containersOf(shop))[0]!);
  await admin.jobEnded((await admin.order(shop, "start")).id);
  await drifts();
});

test("another image behind the same name can become the app's own, or be put right", async () => {
  await docker("tag", "appos-test/web:2", image);
  const [canonical, secrets] = [join(folder, "releases/1/canonical.yaml"), join(folder, "releases/1/secrets.env")];
  await docker("compose", "-p", `appos-${shop}`, "--project-directory", folder, "-f", canonical, "--env-file", secrets, "up", "-d");
  await drifts("image-replaced");
  await page.goto(`/apps/${shop}`);
  await presses(page, "Adopt");
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  await drifts();
  expect(await admin.app(shop)).toMatchObject({ liveRelease: 2, drift: [] });
  expect(await until("version 2 answers", () => answerAt(port))).toContain("version 2");
});

test("a compose file that was edited on the server can become the next version", async () => {
  const edited = `${compose()}    environment: {EDITED: "yes"}\n`;
  writeFileSync(join(folder, "compose.yaml"), edited);
  await docker("restart", "-t", "0", (await containersOf(shop))[0]!);
  await drifts("changed-by-hand");
  const { deployment } = await admin.post<{ deployment: { id: string } }>(`apps/${shop}/drift/adopt`, { what: "compose" });
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded", version: 2, release: 3 });
  expect((await admin.version(shop, 2)).compose).toBe(edited);
  await drifts();
  await expect(admin.post(`apps/${shop}/drift/adopt`, { what: "compose" })).rejects.toMatchObject({ status: 409 });
});
