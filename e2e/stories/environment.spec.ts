import { execFileSync } from "node:child_process";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { agreesToThePlan, fills, heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { appNamed, containersOf } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let page: Page;
const shop = appNamed("shop");
const compose = `services:
  worker:
    image: appos-test/web:1
    stop_grace_period: 0s
    env_file: .env
    volumes: ["./conf/motd:/motd:ro"]
`;

beforeAll(async () => {
  await buildImages();
  const world = await controlPlaneWithServer();
  ({ controls, admin } = world);
  const { deployment } = await admin.create(shop, compose.replace(/    volumes.*\n/, ""));
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  page = await visitor(world.controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

const dialog = () => page.getByRole("dialog");
/** What the first process of the app's container was started with. */
async function environ(): Promise<string[]> {
  const [container] = await containersOf(shop);
  return execFileSync("docker", ["exec", container!, "cat", "/proc/1/environ"], { encoding: "utf8" }).split("\0");
}
async function deploysAsPlanned() {
  await agreesToThePlan(page);
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
}

test("a .env file is pasted, shown without its secrets once it is saved, and reaches the container", async () => {
  await page.goto(`/apps/${shop}/env`);
  await presses(page, "Paste .env");
  await dialog().getByLabel("Its text").fill("DB_PASSWORD='it is $ecret'\nMODE=production\nnot a variable\n");
  await dialog().getByText("Line 3: This is no variable. Write NAME=value.").waitFor();
  await dialog().getByLabel("Its text").fill("DB_PASSWORD='it is $ecret'\nMODE=production\n");
  await dialog().getByRole("button", { name: "Take over" }).click();
  await presses(page, "Save and deploy");
  await dialog()
    .getByText(/DB_PASSWORD/)
    .first()
    .waitFor();
  await deploysAsPlanned();
  expect(await environ()).toEqual(expect.arrayContaining(["DB_PASSWORD=it is $ecret", "MODE=production"]));

  await page.goto(`/apps/${shop}/env`);
  await page.getByRole("textbox", { name: "Value of MODE" }).waitFor();
  expect(await page.content()).not.toContain("it is $ecret");
  await presses(page, "Reveal secrets");
  await dialog().getByLabel("Your password").fill("not my password at all");
  await dialog().getByRole("button", { name: "Reveal" }).click();
  await dialog().getByText("This is not your password.").waitFor();
  await dialog().getByLabel("Your password").fill(administrator.password);
  await dialog().getByRole("button", { name: "Reveal" }).click();
  await expect.poll(() => page.getByRole("textbox", { name: "Value of DB_PASSWORD" }).inputValue()).toBe("it is $ecret");
});

test("a config file is added and mounted; what is saved and not running is told, and compared", async () => {
  await page.goto(`/apps/${shop}/config`);
  await presses(page, "Add a file");
  await dialog().getByLabel("Path").fill("../outside");
  await dialog()
    .getByText(/Use a relative path/)
    .waitFor();
  await dialog().getByLabel("Path").fill("conf/motd");
  await dialog().getByRole("button", { name: "Add file" }).click();
  await page.getByRole("textbox", { name: "conf/motd" }).click();
  await page.keyboard.type("welcome");
  await page.getByRole("tab", { name: "compose.yaml" }).click();
  await page.getByRole("textbox", { name: "Compose file" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText('    volumes: ["./conf/motd:/motd:ro"]\n');
  await fills(page, "What changed", "A message of the day");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await reads(page, "Saved as version 3.");

  await page.goto(`/apps/${shop}`);
  await reads(page, "Version 3 is saved, but not running.");
  await page.getByRole("link", { name: "What changed" }).click();
  await heading(page, "conf/motd");
  await reads(page, "A message of the day");

  await page.goto(`/apps/${shop}`);
  await page.getByRole("main").getByRole("button", { name: "Deploy", exact: true }).last().click();
  await deploysAsPlanned();
  const [container] = await containersOf(shop);
  expect(execFileSync("docker", ["exec", container!, "cat", "/motd"], { encoding: "utf8" })).toBe("welcome");
});

test("apps of a project share its variables, which are told as changed until they are deployed", async () => {
  await page.goto("/projects");
  await presses(page, "New project");
  await dialog().getByLabel("Name").fill("customer-a");
  await dialog().getByRole("button", { name: "Add project" }).click();
  await heading(page, "customer-a");
  await page.goto(`/apps/${shop}`);
  await page.getByRole("region", { name: "About" }).getByRole("button", { name: "Change" }).click();
  await dialog().getByLabel("Project").selectOption({ label: "customer-a" });
  await dialog().getByLabel("Labels").fill("production, eu");
  await dialog().getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "customer-a" }).first().click();
  await heading(page, "customer-a");
  await presses(page, "Add variable");
  await page.getByLabel("Name", { exact: true }).fill("REGION");
  await page.getByRole("textbox", { name: "Value of REGION" }).fill("eu");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await reads(page, /Saved. The apps of customer-a/);
  await page.goto(`/apps/${shop}`);
  await reads(page, "Shared variables have changed, but what runs has the old ones.");
  await page.getByRole("main").getByRole("button", { name: "Deploy", exact: true }).last().click();
  await deploysAsPlanned();
  expect(await environ()).toEqual(expect.arrayContaining(["REGION=eu", "MODE=production"]));
});

test("who edits is told what somebody else has saved meanwhile, and loses nothing unasked", async () => {
  let saves = 0;
  const somebodyElseSaves = () => admin.saveCompose(shop, `${compose}# saved by somebody else ${++saves}\n`);
  const mode = page.getByRole("textbox", { name: "Value of MODE" });
  const leaves = async (answer: "accept" | "dismiss") => {
    const asked = new Promise<void>((done) => page.once("dialog", (question) => done(question[answer]())));
    await Promise.all([asked, page.getByRole("link", { name: "Config", exact: true }).click()]);
  };

  await page.goto(`/apps/${shop}/env`);
  await mode.fill("staging");
  await somebodyElseSaves();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await reads(page, /Somebody else has saved version \d+ meanwhile/);
  expect(await mode.inputValue()).toBe("staging");
  await presses(page, "Take theirs");
  await expect.poll(() => mode.inputValue()).toBe("production");
  await mode.fill("testing");
  await leaves("dismiss");
  expect(await mode.inputValue()).toBe("testing");
  await leaves("accept");

  await page.getByRole("tab", { name: "conf/motd" }).click();
  await page.getByRole("textbox", { name: "conf/motd" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(", all of you");
  // What is fetched again when the link is back is no reason to forget an edit.
  const again = page.waitForResponse(/\/versions\/\d+$/, { timeout: 60_000 });
  await controls.stop();
  await controls.start();
  await again;
  await page.getByText("welcome, all of you").waitFor();
  await somebodyElseSaves();
  await reads(page, /There is a newer version: \d+, by /);
  await presses(page, "Keep mine");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await reads(page, /Saved as version \d+\./);
  const { version } = await admin.app(shop);
  const { files } = await admin.get<{ files: { content: string }[] }>(`apps/${shop}/versions/${version}/files`);
  expect(files.map(({ content }) => content)).toEqual(["welcome, all of you"]);
});

test("the palette finds what there is by the keyboard alone", async () => {
  await page.goto("/");
  await heading(page, "Overview");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill(shop.slice(0, -1));
  await page.getByRole("option", { name: new RegExp(shop) }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/apps/${shop}`);
  await page.goto("/apps");
  await page.getByLabel("Search apps, images, servers, labels").fill("eu");
  await page.getByRole("link", { name: shop }).waitFor();
  await page.getByLabel("Search apps, images, servers, labels").fill("no such thing");
  await reads(page, "No app fits");
});
