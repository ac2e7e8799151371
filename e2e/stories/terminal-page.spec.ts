import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faultsOf, visitor } from "../world/browser.ts";
import { follows, heading, presses, reads, signsIn } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { only } from "../world/compose.ts";
import { appNamed } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

const diary = appNamed("diary");
let controls: ControlPlane;
let page: Page;
/** What the browser said that it would not do. */
const refusals: string[] = [];

beforeAll(async () => {
  await buildImages();
  const world = await controlPlaneWithServer();
  controls = world.controls;
  const { deployment } = await world.admin.create(diary, only("appos-test/logger:1"));
  expect(await world.admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  page = await visitor(controls.url, { permissions: ["clipboard-read", "clipboard-write"] });
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) refusals.push(message.text());
  });
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

const shown = () => page.locator(".pane.shown");
/** The lines on the screen of the terminal that is shown. */
const lines = async () =>
  (await shown().locator(".xterm-rows > div").allInnerTexts()).map((line) => line.replaceAll("\u00a0", " ").trimEnd());
const shows = (line: string | RegExp) =>
  until(`the screen shows ${line}`, async () => (await lines()).some((one) => (typeof line === "string" ? one === line : line.test(one))));
const types = async (text: string) => {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
};
const isConnected = () => shown().getByText("Connected", { exact: true }).waitFor();

test("from a server's page a shell opens on it, and what is typed is run", async () => {
  await page.goto("/servers/local");
  await follows(page, "Terminal");
  await heading(page, "Terminal");
  await isConnected();
  await shows(/[#$]$/);
  await types("kept=$((6 * 7)); echo has $kept; printf '\\033[38;2;250;90;10mcoloured\\033[0m\\n'");
  await shows("has 42");
  await shows("coloured");
});

test("colours, cursor and selection are there under the console's own policy", async () => {
  const coloured = shown().locator(".xterm-rows span", { hasText: /^coloured$/ });
  const style = await coloured.evaluate((element) => getComputedStyle(element).color);
  expect(style).not.toBe(
    await shown()
      .locator(".xterm-rows")
      .evaluate((element) => getComputedStyle(element).color),
  );
  await shown().locator(".xterm-cursor").waitFor();
  const { x, y, width, height } = (await coloured.boundingBox())!;
  await page.mouse.dblclick(x + width / 2, y + height / 2);
  await page.keyboard.press("Control+Shift+C");
  await until("it is in the clipboard", async () => (await page.evaluate(() => navigator.clipboard.readText())) === "coloured");
  expect(refusals).toEqual([]);
});

test("after a reload it is there as it was, with what is in it", async () => {
  await page.reload();
  await shows("has 42");
  await isConnected();
  await types("echo still $kept");
  await shows("still 42");
});

test("a second terminal is another one, and each goes on behind the other", async () => {
  await presses(page, "New terminal");
  await isConnected();
  await shows(/[#$]$/);
  await types("echo second has $kept.");
  await shows("second has .");
  await page.getByRole("list", { name: "Open terminals" }).getByRole("button").first().click();
  await shows("still 42");
});

test("several lines are pasted only once that was asked", async () => {
  await shown()
    .locator("textarea")
    .evaluate((element) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "echo one\necho two\n");
      element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    });
  const dialog = page.getByRole("dialog", { name: "Paste 2 lines?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "hidden" });
  expect((await lines()).some((line) => line.includes("echo one"))).toBe(false);
});

test("the control plane is killed and started again: the shell is the same", async () => {
  await controls.kill9();
  await shown()
    .getByText(/does not answer|is away/)
    .first()
    .waitFor();
  await controls.start();
  await isConnected();
  await shown().locator(".xterm-screen").click();
  await types("echo and $kept again");
  await shows("and 42 again");
});

test("what is found in it is counted", async () => {
  await types("seq 1000 1999");
  await shows("1999");
  await page.keyboard.press("Control+Shift+F");
  await page.getByRole("searchbox", { name: "Search in this terminal" }).fill("150");
  await reads(page, /of 1[01]/);
  await page.keyboard.press("Escape");
});

test("when its program ends, the page says how, and a new one is one press away", async () => {
  await types("exit 3");
  await shown().getByText("Ended with exit code 3").waitFor();
  await shown().getByRole("button", { name: "New terminal" }).click();
  await isConnected();
  await shows(/[#$]$/);
});

test("in a container of an app a shell opens too", async () => {
  await page.goto(`/apps/${diary}/terminal`);
  await isConnected();
  await types("hostname; echo in $((40 + 2)) container");
  await shows("in 42 container");
});

test("on the server's page stands who opened what", async () => {
  await page.goto("/servers/local");
  const terminals = page.getByRole("region", { name: "Terminals" });
  await terminals.getByText(/with exit code 3/).waitFor();
  await terminals.getByRole("link", { name: diary }).waitFor();
});

test("where the server's owner allows none, the page says so before it is tried, and what to run", async () => {
  writeFileSync(join(controls.dataDir, "agent/policy.yaml"), "terminals: { host: false }\n");
  await page.goto("/servers/local");
  await reads(page, "Terminals are off here");
  expect(await page.getByRole("button", { name: "Terminal" }).isDisabled()).toBe(true);
  await page.goto("/servers/local/terminal");
  await reads(page, /appos-agent policy allow host-terminal/);
  expect([refusals, faultsOf(page)]).toEqual([[], []]);
});
