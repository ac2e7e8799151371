import { createServer } from "node:net";
import type { DomainView } from "@appos/shared/domains";
import type { Page as Listed } from "@appos/shared/envelope";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acmeAuthority, ZONE } from "../world/acme.ts";
import { type Agent, agent } from "../world/agent.ts";
import { type Api, api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { agreesToThePlan, deploysNewApp, fills, heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlane } from "../world/control-plane.ts";
import { appNamed, docker } from "../world/docker.ts";
import { atEnd, endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { type Proxy, proxyPorts, removeProxy, visit } from "../world/proxies.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let tokyo: Agent;
let proxy: Proxy;
let acme: Awaited<ReturnType<typeof acmeAuthority>>;
let page: Page;
const shop = appNamed("shop");
const other = appNamed("other");
const made = appNamed("made");
const name = `shop.${ZONE}`;

/** Nothing of it is published: only the proxy leads to it. */
const compose = `services:
  worker:
    image: appos-test/logger:1
  web:
    image: appos-test/web:1
    expose: ["80"]
  next:
    image: appos-test/web:2
    expose: ["80"]
`;

beforeAll(async () => {
  await buildImages();
  proxy = await proxyPorts();
  acme = await acmeAuthority(proxy.http);
  controls = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  admin = await api(controls.url).signIn(administrator);
  await admin.put("proxy/certificates", acme.settings);
  // After its agent, which would start it anew.
  atEnd(() => removeProxy(proxy));
  // Whatever this machine has installed is none of the story's.
  tokyo = await agent(controls, admin, "tokyo", { env: { ...proxy.env, APPOS_HOST_NGINX: "/nowhere/nginx:/nowhere/nginx.conf" } });
  for (const app of [shop, other]) {
    const { deployment } = await admin.create(app, compose);
    expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  }
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

const domains = async (app: string) => (await admin.get<Listed<DomainView>>(`domains?app=${app}`)).items;
const dialog = () => page.getByRole("dialog");
/** Of exactly this address: others may begin with it. */
const row = (url: string) => {
  const link = page.getByRole("link", { name: `${url} (opens a new tab)`, exact: true });
  return page.getByRole("list", { name: "Domains" }).getByRole("listitem").filter({ has: link });
};
const securely = (of: string, path = "/") => visit(of, { port: proxy.https, path, ca: acme.root });

async function addsDomain(domain: string, more: () => Promise<unknown> = async () => {}) {
  await presses(page, "Add domain");
  await fills(page, "Domain", domain);
  await more();
  await dialog().getByRole("button", { name: "Add domain" }).click();
}

test("where something else has the port, that is said whole, and once it has not, another try serves", async () => {
  const holder = createServer().listen(proxy.http);
  await page.goto(`/apps/${shop}/domains`);
  await addsDomain(`plain.${ZONE}`, () => page.getByLabel("HTTPS", { exact: true }).selectOption("off"));
  const added = row(`http://plain.${ZONE}`);
  await added.getByText("Refused", { exact: true }).waitFor();
  await added.getByText(`Port ${proxy.http} is already taken by the program`).waitFor();
  await new Promise((resolve) => holder.close(resolve));
  await added.getByRole("button", { name: "Try again" }).click();
  await added.getByText("Serving", { exact: true }).waitFor();
  expect(await visit(`plain.${ZONE}`, { port: proxy.http })).toMatchObject({ status: 200, text: "version 1" });
});

test("a domain typed into a form is a site with HTTPS", async () => {
  await page.goto(`/apps/${shop}/domains`);
  await addsDomain(name, async () => {
    // The first that listens, at the port that its compose file exposes.
    await until("the port is suggested", async () => (await page.getByLabel("Port", { exact: true }).inputValue()) === "80");
    expect(await page.getByLabel("Service", { exact: true }).inputValue()).toBe("web");
  });
  const added = row(`https://${name}`);
  await added.getByText("Serving", { exact: true }).waitFor();
  await added.getByText(/^Certificate from Pebble.*, valid until \d+ \w+ \d{4}$/).waitFor();
  expect(await securely(name)).toMatchObject({ status: 200, text: "version 1" });
  expect(await visit(name, { port: proxy.http })).toMatchObject({ status: 308, location: expect.stringContaining(`https://${name}`) });
  expect(await securely(`other.${ZONE}`)).toBeUndefined();
  expect(faultsOf(page)).toEqual([]);
});

test("a name that somebody has cannot be had twice, and the form says so where it was typed", async () => {
  await page.goto(`/apps/${other}/domains`);
  await addsDomain(`https://${name.toUpperCase()}/`);
  await reads(page, `${name} leads to the app ${shop} already.`);
  expect(await dialog().getByLabel("Domain", { exact: true }).getAttribute("aria-invalid")).toBe("true");
  await page.keyboard.press("Escape");
  expect(await domains(other)).toEqual([]);
});

test("where no certificate comes, the authority's own words say why", async () => {
  await page.goto(`/apps/${other}/domains`);
  await addsDomain("nowhere.test");
  const added = row("https://nowhere.test");
  await added.getByText("No certificate yet", { exact: true }).waitFor();
  await added
    .getByText(/nowhere\.test/)
    .last()
    .waitFor();
  expect((await domains(other))[0]?.certificateProblem).toContain("nowhere.test");
  await added.getByRole("button", { name: "Try again" }).waitFor();
  expect(await securely(name)).toMatchObject({ status: 200 });
});

test("it is changed: to another service, with www., and with a path that leads elsewhere", async () => {
  await page.goto(`/apps/${shop}/domains`);
  await presses(page, `Change https://${name}`);
  await page.getByLabel("Service", { exact: true }).selectOption("next");
  await dialog().getByLabel("With www. too").check();
  await dialog().getByRole("button", { name: "Save" }).click();
  await row(`https://${name}`).getByText(`Leads to next:80, as does www.${name}`).waitFor();
  await until("the other service answers", async () => (await securely(name))?.text === "version 2");
  await until("www. leads there", async () => (await securely(`www.${name}`))?.location?.startsWith(`https://${name}`));

  await addsDomain(name, async () => {
    await fills(page, "Path", "/index.html");
    await page.getByLabel("Service", { exact: true }).selectOption("web");
  });
  await until("the path is served", async () => (await securely(name, "/index.html"))?.text === "version 1");
  expect((await securely(name))?.text).toBe("version 2");
  await page.goto(`/apps/${shop}`);
  // The first that it was given.
  await page.getByRole("link", { name: `http://plain.${ZONE}` }).waitFor();
  await reads(page, "and 2 other domains");
});

test("a change is deployed while visitors come, and none of them is turned away", async () => {
  const answers = new Map<string, number>();
  let isOver = false;
  const visitors = Array.from({ length: 6 }, async () => {
    while (!isOver) {
      const answer = await securely(name);
      const said = answer ? `${answer.status} ${answer.text}` : "nobody";
      answers.set(said, (answers.get(said) ?? 0) + 1);
    }
  });
  await admin.saveCompose(shop, compose.replace("web:2", "web:2\n    environment: {COLOUR: red}"));
  await page.goto(`/apps/${shop}`);
  await page.getByRole("main").getByRole("button", { name: "Deploy", exact: true }).last().click();
  await agreesToThePlan(page);
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  isOver = true;
  await Promise.all(visitors);
  expect([...answers.keys()]).toEqual(["200 version 2"]);
  const entries = await admin.entries(page.url().split("/").at(-1)!);
  expect(entries.map(({ text }) => text)).toContain("next: requests go to its next container from now on.");
});

test("while its server is away a change waits, and is served once it is back", async () => {
  await page.goto(`/apps/${other}/domains`);
  await tokyo.stop();
  await addsDomain(`later.${ZONE}`);
  const added = row(`https://later.${ZONE}`);
  await added.getByText("Waiting for tokyo", { exact: true }).waitFor();
  expect(await securely(name)).toMatchObject({ status: 200 });
  await tokyo.start();
  await added.getByText("Serving", { exact: true }).waitFor();
  await added.getByText(/^Certificate from Pebble/).waitFor();
});

test("a viewer sees all of it, and is shown no way to change it", async () => {
  const vera = { email: "vera@example.org", password: "correct horse battery" };
  await admin.post("users", { ...vera, name: "Vera", role: "viewer" });
  const hers = await visitor(controls.url);
  await signsIn(hers, vera);
  await heading(hers, "Overview");
  for (const [path, shown] of [
    [`/apps/${shop}/domains`, `https://${name}`],
    ["/servers/tokyo", "Caddy"],
    ["/settings", acme.settings.directory],
  ] as const) {
    await hers.goto(path);
    await reads(hers, shown);
    expect(await hers.getByRole("button", { name: /Add domain|Remove|Try again|Reload|where certificates/ }).count(), path).toBe(0);
  }
  expect(faultsOf(hers)).toEqual([]);
  await hers.context().close();
});

test("all domains are on one page, and the server's proxy on the server's", async () => {
  await page.goto("/domains");
  await page.getByRole("searchbox", { name: "Search domains" }).fill("nowhere");
  await until(
    "only what is searched for is shown",
    async () => (await page.getByRole("list", { name: "Domains" }).getByRole("listitem").count()) === 1,
  );
  await row("https://nowhere.test").getByRole("link", { name: "tokyo" }).click();
  const panel = page.getByRole("region", { name: "Proxy" });
  await panel.getByText("5 domains").waitFor();
  await panel.getByRole("button", { name: "Reload" }).click();
  await reads(page, "The proxy of tokyo serves what it should.");
});

test("Nginx takes over from Caddy with all there is, gets certificates for what is new, and gives it back", async () => {
  const { certificate } = (await domains(shop)).find(({ domain, path }) => domain === name && path === "/")!;
  await page.goto("/servers/tokyo");
  const panel = page.getByRole("region", { name: "Proxy" });
  const choose = async (program: string, about: string) => {
    await panel.getByRole("button", { name: "Change the proxy's program" }).click();
    await dialog().getByRole("radio", { name: program, exact: true }).check();
    await dialog().getByText(about).waitFor();
    await dialog().getByRole("button", { name: "Change", exact: true }).click();
  };
  const becomes = async (program: string, about = "Nobody is turned away") => {
    await choose(program, about);
    await reads(page, `${program} serves the domains of tokyo.`);
    await panel.getByText(program, { exact: true }).waitFor();
  };
  await choose("Nginx of this server", "remove the server's domains");
  await panel.getByText("It does not serve what it should.").waitFor();
  await panel.getByText("Install it, or choose a proxy in a container.").waitFor();
  expect(await securely(name)).toMatchObject({ status: 200, text: "version 2" });
  await becomes("Caddy", "stop Nginx on the server first");
  await becomes("Nginx");
  expect(await docker("ps", "--filter", `label=com.docker.compose.project=${proxy.project}`, "--format", "{{.Image}}")).toContain("nginx");
  expect(await securely(name)).toMatchObject({ status: 200, text: "version 2" });
  expect((await domains(shop)).find(({ domain, path }) => domain === name && path === "/")!.certificate).toEqual(certificate);
  await page.goto(`/apps/${other}/domains`);
  await addsDomain(`fresh.${ZONE}`);
  await row(`https://fresh.${ZONE}`)
    .getByText(/^Certificate from Pebble/)
    .waitFor();
  expect(await securely(`fresh.${ZONE}`)).toMatchObject({ status: 200 });
  await page.goto("/servers/tokyo");
  await becomes("Caddy");
  expect(await securely(`fresh.${ZONE}`)).toMatchObject({ status: 200 });
  expect(faultsOf(page)).toEqual([]);
});

test("an app is made with its domain in one form", async () => {
  const domain = `made.${ZONE}`;
  await deploysNewApp(page, { name: made, compose, domain });
  await succeeds(page);
  await page.goto(`/apps/${made}/domains`);
  await row(`https://${domain}`).getByText("Serving", { exact: true }).waitFor();
  await row(`https://${domain}`)
    .getByText(/^Certificate from Pebble/)
    .waitFor();
  expect(await securely(domain)).toMatchObject({ status: 200, text: "version 1" });
  expect(faultsOf(page)).toEqual([]);
});

test("it is removed, and served no more", async () => {
  for (const [app, url] of [
    [made, `https://made.${ZONE}`],
    [shop, `https://${name}/index.html`],
    [shop, `https://${name}`],
    [shop, `http://plain.${ZONE}`],
    [other, `https://later.${ZONE}`],
    [other, `https://fresh.${ZONE}`],
    [other, "https://nowhere.test"],
  ] as const) {
    await page.goto(`/apps/${app}/domains`);
    await page.getByRole("button", { name: `Remove ${url}`, exact: true }).click();
    await dialog().getByRole("button", { name: "Remove domain" }).click();
    await reads(page, `${url} was removed.`);
  }
  await reads(page, "No domain yet");
  await until("nothing is served", async () => (await securely(name)) === undefined);
  expect(faultsOf(page)).toEqual([]);
});
