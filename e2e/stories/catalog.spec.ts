import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TemplateSummary } from "@appos/shared/templates";
import type { Page as PageOf } from "@appos/shared/envelope";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { fills, follows, heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, controlPlaneWithServer } from "../world/control-plane.ts";
import { answerAt, appNamed, containersOf, docker } from "../world/docker.ts";
import { atEnd, endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { folder, port as freePort } from "../world/places.ts";
import { run } from "../world/program.ts";

afterAll(endAll);

let admin: Api;
let page: Page;
let port: number;
const start = appNamed("start");

/** A tiny image under the name that the template asks for; what has it already keeps it. */
async function standIn(image: string, port: number) {
  const there = await docker("images", "-q", image);
  if (there.trim() !== "") return;
  const context = folder("stand-in");
  writeFileSync(join(context, "Dockerfile"), `FROM appos-test/web:1\nCMD ["httpd", "-f", "-p", "${port}", "-h", "/www"]\n`);
  await run("docker", ["build", "-q", "-t", image, context], {
    env: { DOCKER_BUILDKIT: "0", ...(process.env["DOCKER_HOST"] && { DOCKER_HOST: process.env["DOCKER_HOST"] }) },
  });
  atEnd(async () => void (await docker("rmi", "-f", image)));
}

beforeAll(async () => {
  await buildImages();
  await standIn("ghcr.io/homarr-labs/homarr:v1.2.0", 7575);
  const world = await controlPlaneWithServer();
  admin = world.admin;
  port = await freePort();
  page = await visitor(world.controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

test("an app is found by what it is for", async () => {
  await follows(page, "Catalog");
  await heading(page, "Catalog");
  await page.getByRole("searchbox", { name: "Search the catalog" }).fill("arrange mouse");
  await page.waitForURL(/search=arrange/);
  await page.getByRole("link", { name: /Homarr/ }).click();
  await heading(page, "Homarr");
  await reads(page, "ghcr.io/homarr-labs/homarr:v1.2.0");
  await reads(page, "64 random hexadecimal digits");
});

test("what does not fit is said at its field, and nothing is made", async () => {
  await fills(page, "Name", start);
  await fills(page, "Port on the server", "99999");
  await presses(page, "Install");
  await reads(page, "Use a port from 1 to 65535.");
  expect((await admin.get<PageOf<unknown>>("apps")).items).toEqual([]);
});

test("it is installed with its inputs once its plan was seen, and with a key that AppOS has made", async () => {
  await fills(page, "Port on the server", String(port));
  await presses(page, "Install");
  const plan = page.getByRole("dialog", { name: `Install Homarr as ${start}` });
  await plan.getByText("1 service is made.").waitFor();
  await plan.getByRole("button", { name: "Install" }).click();
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  expect(await answerAt(port)).toBe("version 1");
  const [container] = await containersOf(start, "homarr");
  expect((await docker("exec", container!, "sh", "-c", "echo $SECRET_ENCRYPTION_KEY")).trim()).toMatch(/^[0-9a-f]{64}$/);
});

test("the catalog says that it is installed, and the app what it was made from", async () => {
  expect((await admin.app(start)).template).toEqual({ id: "homarr", version: "1.2.0" });
  const found = await admin.get<PageOf<TemplateSummary>>("templates?search=homarr");
  expect(found.items).toMatchObject([{ id: "homarr", installed: 1 }]);
  await page.goto("/catalog?search=homarr");
  await page
    .getByRole("link", { name: /Homarr/ })
    .getByText("Installed")
    .waitFor();
  await page.getByRole("link", { name: /Homarr/ }).click();
  await follows(page, start);
  await heading(page, start);
});
