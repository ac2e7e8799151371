import type { ProjectView } from "@appos/shared/projects";
import type { TerminalView } from "@appos/shared/terminals";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Api, api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { only } from "../world/compose.ts";
import { agreesToThePlan, deploysNewApp, follows, heading, presses, reads, sees, signsIn, succeeds } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { appNamed } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { listen } from "../world/events.ts";
import { buildImages } from "../world/images.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

const [shop, diary, blog] = [appNamed("shop"), appNamed("diary"), appNamed("blog")];
const compose = only("appos-test/logger:1", "    stop_grace_period: 0s\n    env_file: .env\n");
const max = { email: "max@example.org", password: "" };
let controls: ControlPlane;
let admin: Api;
let adas: Page;
let maxs: Page;

beforeAll(async () => {
  await buildImages();
  ({ controls, admin } = await controlPlaneWithServer());
  const project = await admin.post<ProjectView>("projects", { name: "web-shop" });
  const made = [await admin.create(shop, compose, { projectId: project.id }), await admin.create(diary, compose)];
  for (const { deployment } of made) expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  [adas, maxs] = [await visitor(controls.url), await visitor(controls.url)];
  await signsIn(adas, administrator);
  await heading(adas, "Overview");
});

const dialog = (page: Page) => page.getByRole("dialog");
const people = (page: Page) => page.getByRole("region", { name: "People" });
const main = (page: Page) => page.getByRole("main");
const gone = (page: Page, role: Parameters<Page["getByRole"]>[0], name: string) =>
  page.getByRole(role, { name, exact: true }).waitFor({ state: "detached" });

test("somebody is added with a password that the browser made, and sees nothing yet", async () => {
  await adas.goto("/settings");
  await people(adas).getByRole("button", { name: "Add person" }).click();
  await dialog(adas).getByLabel("Name").fill("Max");
  await dialog(adas).getByLabel("E-mail address").fill(max.email);
  await dialog(adas).getByRole("radio", { name: "Member" }).check();
  await dialog(adas).getByRole("button", { name: "Make one" }).click();
  max.password = await dialog(adas).getByLabel("Initial password").inputValue();
  await dialog(adas).getByRole("button", { name: "Add person" }).click();
  expect(await dialog(adas).getByRole("group", { name: "Address, e-mail and password" }).innerText()).toContain(max.password);
  await dialog(adas).getByRole("button", { name: "Done" }).click();
  await people(adas).getByRole("listitem").filter({ hasText: max.email }).getByText("Member").waitFor();

  await signsIn(maxs, max);
  await reads(maxs, "You are in no project yet.");
  expect(await maxs.getByRole("link", { name: /Activity/ }).count()).toBe(0);
});

test("put into a project as its developer, they see its app without reloading, and no other", async () => {
  await adas.goto("/projects/web-shop");
  await people(adas).getByRole("button", { name: "Add person" }).click();
  await dialog(adas)
    .getByLabel("Person")
    .selectOption({ label: `Max, ${max.email}` });
  await dialog(adas).getByRole("radio", { name: "Developer" }).check();
  await dialog(adas).getByRole("button", { name: "Add person" }).click();
  await people(adas).getByLabel("Role of Max").waitFor();

  await main(maxs)
    .getByRole("link", { name: new RegExp(shop) })
    .first()
    .waitFor();
  await sees(maxs, "link", "New app");
  expect(await main(maxs).innerText()).not.toContain(diary);
  await maxs.goto(`/apps/${diary}`);
  await reads(maxs, "NOT_FOUND");
  await maxs.goto("/servers/local");
  await heading(maxs, "local");
  await sees(maxs, "link", new RegExp(shop));
  expect(await maxs.getByRole("button", { name: /Terminal|More for/ }).count()).toBe(0);
  await maxs.goto("/settings");
  await heading(maxs, "API tokens");
  expect(await maxs.getByRole("heading", { name: /People|Registries/ }).count()).toBe(0);
});

test("a developer changes a variable and deploys it, and reveals a secret with their own password", async () => {
  await maxs.goto(`/apps/${shop}/env`);
  await presses(maxs, "Paste .env");
  await dialog(maxs).getByLabel("Its text").fill("API_PASSWORD='so secret'\n");
  await dialog(maxs).getByRole("button", { name: "Take over" }).click();
  await presses(maxs, "Save and deploy");
  await agreesToThePlan(maxs);
  await maxs.waitForURL(/\/deployments\/dep_/);
  await succeeds(maxs);
  await sees(maxs, "button", "Deploy again");

  await maxs.goto(`/apps/${shop}/env`);
  await presses(maxs, "Reveal secrets");
  await dialog(maxs).getByLabel("Your password").fill(max.password);
  await dialog(maxs).getByRole("button", { name: "Reveal" }).click();
  await expect.poll(() => maxs.getByRole("textbox", { name: "Value of API_PASSWORD" }).inputValue()).toBe("so secret");
});

test("a developer adds an app, to their project and where the project is already", async () => {
  await deploysNewApp(maxs, { name: blog, compose });
  expect((await admin.app(blog)).project?.name).toBe("web-shop");
  await succeeds(maxs);
});

test("whoever changes their password goes on here, and signs in with the new one elsewhere", async () => {
  const given = max.password;
  max.password = "my own battery staple";
  await maxs.goto("/settings");
  await presses(maxs, "Change password");
  await dialog(maxs).getByLabel("Password now").fill("not this one");
  await dialog(maxs).getByLabel("New password").fill(max.password);
  await dialog(maxs).getByRole("button", { name: "Change password" }).click();
  await dialog(maxs).getByText("This is not your password.").waitFor();
  await dialog(maxs).getByLabel("Password now").fill(given);
  await dialog(maxs).getByRole("button", { name: "Change password" }).click();
  await reads(maxs, "Your password was changed.");
  await expect(api(controls.url).signIn({ ...max, password: given })).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
  await api(controls.url).signIn(max);
  await heading(maxs, "Settings");
});

test("a developer has a terminal in the app, until they only view: then it ends, and what changes things goes", async () => {
  const ended = async () =>
    (await admin.get<{ items: TerminalView[] }>("servers/local/terminals")).items.map(({ endedAt }) => endedAt !== null);
  await maxs.goto(`/apps/${shop}`);
  await follows(maxs, "Terminal");
  await maxs.locator(".pane.shown").getByText("Connected", { exact: true }).waitFor();
  expect(await ended()).toEqual([false]);

  await people(adas).getByLabel("Role of Max").selectOption("Viewer");
  await reads(adas, "Max is a viewer of web-shop now.");
  await reads(maxs, "Terminals are for administrators, and developers of its project.");
  await gone(maxs, "link", "Environment");
  expect(await main(maxs).getByRole("button", { name: "Deploy", exact: true }).count()).toBe(0);
  await until("the terminal has ended", async () => (await ended())[0]);
  await follows(maxs, "Overview");
  await heading(maxs, "Overview");
});

test("taken out of the project, nothing of it is theirs any more: an open log ends, and its app is not found", async () => {
  const told = listen(await api(controls.url).signIn(max), `apps/${shop}/logs?tail=1&follow=1`);
  expect((await told.next()).done).toBe(false);
  await maxs.goto(`/apps/${shop}/logs`);
  await sees(maxs, "log", `Log of ${shop}`);

  await presses(adas, "Remove Max");
  await dialog(adas).getByRole("button", { name: "Remove person" }).click();
  await reads(adas, "Max is not in web-shop any more.");
  await reads(maxs, "NOT_FOUND");
  await follows(maxs, "Apps");
  await sees(maxs, "heading", "No app yet");
  for (;;) if ((await told.next()).done) break;
});

test("removed altogether, they are signed out", async () => {
  await adas.goto("/settings");
  await presses(adas, "Remove Max");
  await dialog(adas).getByRole("button", { name: "Remove person" }).click();
  await reads(adas, "Max was removed.");
  await maxs.waitForURL(/\/login/);
  await expect(api(controls.url).signIn(max)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
  expect([...faultsOf(adas), ...faultsOf(maxs)]).toEqual([]);
});
