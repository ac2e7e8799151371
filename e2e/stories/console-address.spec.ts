import type { ConsoleAddress } from "@appos/shared/domains";
import type { SystemInfo } from "@appos/shared/system";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acmeAuthority, ZONE } from "../world/acme.ts";
import type { Api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { fills, follows, heading, presses, reads, signsIn } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { atEnd, endAll } from "../world/ends.ts";
import { type Proxy, proxyPorts, removeProxy, visit } from "../world/proxies.ts";
import { leadsHere } from "../world/proxy.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

const name = `appos.${ZONE}`;
let controls: ControlPlane;
let admin: Api;
let proxy: Proxy;
let acme: Awaited<ReturnType<typeof acmeAuthority>>;
/** At the address that AppOS has by itself, and at its own. */
let page: Page;
let there: Page;

beforeAll(async () => {
  proxy = await proxyPorts();
  acme = await acmeAuthority(proxy.http);
  leadsHere(name, proxy.https);
  // After its agent, which would start it anew.
  atEnd(() => removeProxy(proxy));
  ({ controls, admin } = await controlPlaneWithServer({ env: { ...proxy.env, APPOS_DNS: acme.nameServer } }));
  await admin.put("proxy/certificates", acme.settings);
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

const panel = () => page.getByRole("region", { name: "Address of the console" });
const answers = async () => (await visit(name, { port: proxy.https, path: "/api/health", ca: acme.root }))?.status;

test("a domain typed into a form is the console's address, with HTTPS", async () => {
  await page.goto("/settings");
  await fills(page, "Domain", name.toUpperCase());
  await panel().getByRole("button", { name: "Save" }).click();
  await panel().getByText("Serving", { exact: true }).waitFor();
  await panel()
    .getByText(/^Certificate from Pebble.*, valid until/)
    .waitFor();
  await panel()
    .getByRole("link", { name: `https://${name} (opens a new tab)` })
    .waitFor();
  expect(await answers()).toBe(200);
  expect(await visit(name, { port: proxy.http })).toMatchObject({ status: 308 });
  expect(faultsOf(page)).toEqual([]);
});

test("people sign in there and work there, down to a terminal, and are sent there from then on", async () => {
  there = await visitor(`https://${name}`, { ignoreHTTPSErrors: true });
  await signsIn(there, administrator);
  await heading(there, "Overview");
  expect(await there.context().cookies()).toMatchObject([{ name: "appos_session", domain: name, secure: true, httpOnly: true }]);
  await there.goto("/servers/local");
  await follows(there, "Terminal");
  await there.locator(".pane.shown").getByText("Connected", { exact: true }).waitFor();
  await there.keyboard.type("echo forty-$((6 * 7))");
  await there.keyboard.press("Enter");
  await until("what was typed is run", async () => (await there.locator(".pane.shown .xterm-rows").innerText()).includes("forty-42"));
  expect((await admin.get<SystemInfo>("system/info")).publicUrl).toBe(`https://${name}`);
  expect(faultsOf(there)).toEqual([]);
});

test("what changes is shown there as it happens, and an AppOS that was killed is there again once it runs", async () => {
  await there.goto("/settings");
  await there.getByRole("region", { name: "Address of the console" }).getByText("Serving", { exact: true }).waitFor();
  await controls.kill9();
  await until("it says that AppOS is away", async () => (await answers()) !== 200);
  await controls.start();
  await until("it answers", async () => (await answers()) === 200);
  await admin.post("projects", { name: "night-shift" });
  await there.goto("/projects");
  await reads(there, "night-shift");
  await admin.post("projects", { name: "early-shift" });
  await reads(there, "early-shift");
});

test("once it is removed AppOS answers where it listens by itself", async () => {
  await page.goto("/settings");
  await presses(page, "Remove the address of the console");
  await page.getByRole("dialog").getByRole("button", { name: "Remove address" }).click();
  await reads(page, `The console answers at https://${name} no more.`);
  await until("nobody answers there", async () => (await answers()) === undefined);
  expect(await admin.get<ConsoleAddress>("proxy/console")).toMatchObject({ domain: null, unavailable: null });
  expect((await admin.get<SystemInfo>("system/info")).publicUrl).toBe(controls.url);
  await page.goto("/");
  await heading(page, "Overview");
  expect(faultsOf(page)).toEqual([]);
});
