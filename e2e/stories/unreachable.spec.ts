import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acmeAuthority, ZONE } from "../world/acme.ts";
import { agent } from "../world/agent.ts";
import { type Api, api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { fills, heading, presses, signsIn } from "../world/console.ts";
import { administrator, controlPlane } from "../world/control-plane.ts";
import { appNamed } from "../world/docker.ts";
import { atEnd, endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { type Proxy, proxyPorts, removeProxy } from "../world/proxies.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let admin: Api;
let tokyo: Awaited<ReturnType<typeof agent>>;
let proxy: Proxy;
let page: Page;
const shop = appNamed("shop");
const good = `shop.${ZONE}`;
const compose = "services:\n  web:\n    image: appos-test/web:1\n";

beforeAll(async () => {
  await buildImages();
  proxy = await proxyPorts();
  const acme = await acmeAuthority(proxy.http);
  const controls = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  admin = await api(controls.url).signIn(administrator);
  await admin.put("proxy/certificates", acme.settings);
  atEnd(() => removeProxy(proxy));
  tokyo = await agent(controls, admin, "tokyo", { env: { ...proxy.env, APPOS_DNS: acme.nameServer } });
  const { deployment } = await admin.create(shop, compose);
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  for (const domain of [
    { domain: good, port: 80 },
    { domain: "nowhere.test", port: 80 },
    { domain: `deaf.${ZONE}`, port: 3000, https: "off" },
  ])
    await admin.post("domains", { app: shop, service: "web", ...domain });
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
  await page.goto(`/apps/${shop}/domains`);
});

const dialog = () => page.getByRole("dialog");
const row = (url: string) => {
  const link = page.getByRole("link", { name: `${url} (opens a new tab)`, exact: true });
  return page.getByRole("list", { name: "Domains" }).getByRole("listitem").filter({ has: link });
};
const step = (title: string) => {
  const summary = page.locator("summary").getByText(title, { exact: true });
  return dialog().getByRole("list", { name: "Steps" }).getByRole("listitem").filter({ has: summary });
};
async function asks(url: string) {
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: new RegExp(`^(Why is this not reachable|Check)\\s${url.replaceAll(".", "[.]")}$`) }).click();
}

test("a domain without DNS says what record to add, before an authority says anything", async () => {
  await row("https://nowhere.test").getByText("No certificate yet", { exact: true }).waitFor();
  await asks("https://nowhere.test");
  await dialog().getByText("DNS is the first step that is wrong.").waitFor();
  await step("DNS").getByText("nowhere.test has no A or AAAA record: there is no such name in the DNS.").waitFor();
  await step("DNS").getByText("add an A record").waitFor();
  // Only what is to be mended is open; the others may be opened.
  expect(await step("Port").locator("details").getAttribute("open")).toBeNull();
  await step("Container").locator("summary").click();
  await step("Container").getByText("is running and listens on port 80").waitFor();
});

test("where the app listens on another port, that port is named", async () => {
  await row(`http://deaf.${ZONE}`).getByText("Serving, answers 502", { exact: true }).waitFor();
  await asks(`http://deaf.${ZONE}`);
  await dialog().getByText("Container is the first step that is wrong.").waitFor();
  await step("Container").getByText("does not accept connections on port 3000; it listens on 80.").waitFor();
  await step("Container").getByText("Change the domain's port to 80.").waitFor();
});

test("mended, nothing is wrong with it; on a phone all of it can be read", async () => {
  await page.keyboard.press("Escape");
  await presses(page, `Change http://deaf.${ZONE}`);
  await fills(page, "Port", "80");
  await dialog().getByRole("button", { name: "Save" }).click();
  await row(`http://deaf.${ZONE}`).getByText("Serving", { exact: true }).waitFor();
  await page.setViewportSize({ width: 375, height: 740 });
  await asks(`http://deaf.${ZONE}`);
  await dialog().getByText(`Nothing is wrong on the way to http://deaf.${ZONE}`).waitFor();
  await step("Port").locator("summary").click();
  await step("Port").getByText("Not looked at from outside.").waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.setViewportSize({ width: 1280, height: 800 });
});

test("while its server is away, that is said, and it can be looked at again", async () => {
  await tokyo.stop();
  await asks(`https://${good}`);
  await dialog().getByText("It could not be looked at.").waitFor();
  await tokyo.start();
  await dialog().getByRole("button", { name: "Look again" }).click();
  await dialog().getByText(`Nothing is wrong on the way to https://${good}`).waitFor();
});

test("how it has answered is shown beside it", async () => {
  await page.keyboard.press("Escape");
  const answered = row(`http://deaf.${ZONE}`).getByText("Answered 100 % in 24 h");
  await until("it was asked", async () => {
    await page.reload();
    await row(`http://deaf.${ZONE}`).waitFor();
    return answered.waitFor({ timeout: 1_000 }).then(
      () => true,
      () => false,
    );
  });
  await row(`http://deaf.${ZONE}`).getByRole("img", { name: "How it answered, hour by hour" }).waitFor();
  expect(faultsOf(page)).toEqual([]);
});
