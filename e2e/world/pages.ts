import type { Page } from "playwright-core";
import { domainForms } from "./domain-pages.ts";
import type { House } from "./house.ts";
import { has, type Place, press, says } from "./place.ts";

/** All that a domain can be told. */
async function tellingMore(page: Page) {
  await press("Add domain")(page);
  await page.getByText("More settings").click();
  for (const one of ["user", "header"]) await press(`Add ${one}`)(page);
  await page.getByLabel("Upload limit").fill("many");
}

async function beginningWithADomain(page: Page) {
  await press("Insert an example")(page);
  await page.getByLabel("Domain", { exact: true }).fill("blog.example.com");
}

/** Every page of the console, as somebody finds it who walks through the house. */
export function everyPage(house: House, setupUrl: string): Place[] {
  const { shop, billing, docs, good, bad } = house;
  return [
    { name: "login", path: "/login", signedOut: true, ready: has("button", "Sign in") },
    { name: "setup", path: setupUrl, signedOut: true, ready: has("button", "Create administrator") },
    { name: "setup-used", path: "/setup?token=used", signedOut: true, ready: has("link", "Sign in") },
    { name: "overview", path: "/", ready: has("meter", "Disk") },
    { name: "apps", path: "/apps", ready: has("link", new RegExp(docs)) },
    { name: "app-new", path: "/apps/new", ready: has("textbox", "Compose file"), act: beginningWithADomain },
    { name: "app", path: `/apps/${shop}`, ready: says("appos-test/web:2") },
    { name: "app-plan", path: `/apps/${shop}`, ready: says("appos-test/web:2"), act: planning },
    { name: "app-failed", path: `/apps/${billing}`, ready: has("heading", billing) },
    { name: "app-stopped", path: `/apps/${docs}`, ready: has("button", "Start") },
    { name: "app-remove", path: `/apps/${docs}`, ready: has("button", "Start"), act: removing(docs) },
    { name: "app-deployments", path: `/apps/${shop}/deployments`, ready: says(/release 2/) },
    { name: "app-logs", path: `/apps/${shop}/logs`, ready: says(/line \d/) },
    { name: "app-config", path: `/apps/${shop}/config`, ready: says("The shop and what it keeps") },
    { name: "app-domains", path: `/apps/${shop}/domains`, ready: has("button", "Add domain") },
    { name: "app-domain-add", path: `/apps/${shop}/domains`, ready: has("button", "Add domain"), act: press("Add domain") },
    { name: "app-domain-more", path: `/apps/${shop}/domains`, ready: has("button", "Add domain"), act: tellingMore },
    ...domainForms(house),
    { name: "domains", path: "/domains", ready: has("heading", "Domains") },
    { name: "catalog", path: "/catalog", ready: has("link", /Actual Budget/) },
    { name: "catalog-template", path: "/catalog/paperless-ngx", ready: has("button", "Install") },
    { name: "deployment", path: `/deployments/${good}`, ready: says("Succeeded"), act: press(/^Start/) },
    { name: "deployment-failed", path: `/deployments/${bad}`, ready: has("log", "Output of Health") },
    { name: "servers", path: "/servers", ready: has("link", "tokyo-1") },
    { name: "server-add", path: "/servers", ready: has("link", "tokyo-1"), act: press("Add server") },
    { name: "server", path: "/servers/local", ready: says(/Compose/) },
    { name: "server-new", path: "/servers/tokyo-1", ready: has("button", "Install command") },
    { name: "server-command", path: "/servers/tokyo-1", ready: has("button", "Install command"), act: showingCommand },
    { name: "terminal", path: "/servers/local/terminal", ready: terminalReady },
    { name: "terminal-search", path: "/servers/local/terminal", ready: terminalReady, act: press(/^Search$/) },
    { name: "terminal-app", path: `/apps/${shop}/terminal`, ready: has("button", "worker") },
    { name: "terminal-new-server", path: "/servers/tokyo-1/terminal", ready: says("has not connected yet") },
    { name: "template-sources", path: "/catalog/sources", ready: has("button", "Add source") },
    { name: "template-source-add", path: "/catalog/sources", ready: has("button", "Add source"), act: press("Add source") },
    { name: "activity", path: "/activity", ready: says(shop) },
    { name: "settings", path: "/settings", ready: has("button", "Sign out") },
    { name: "person-add", path: "/settings", ready: has("button", "Sign out"), act: press("Add person") },
    { name: "not-found", path: "/nowhere", ready: has("heading", /./) },
    { name: "app-not-found", path: "/apps/nowhere", ready: says("NOT_FOUND") },
  ];
}

const terminalReady = (page: Page) => page.locator(".pane.shown").getByText("Connected", { exact: true }).waitFor();

async function planning(page: Page) {
  await press("Deploy")(page);
  await page.getByRole("dialog").getByText("Images, volumes and networks").waitFor();
}

const removing = (app: string) => async (page: Page) => {
  await press(`More for ${app}`)(page);
  await page.getByRole("menuitem", { name: "Remove app" }).click();
  await page.getByRole("dialog").waitFor();
};

async function showingCommand(page: Page) {
  await press("Install command")(page);
  const make = page.getByRole("dialog").getByRole("button", { name: /command|token/i });
  if (await make.count()) await make.first().click();
  await page.getByRole("group", { name: "Install command" }).waitFor();
}
