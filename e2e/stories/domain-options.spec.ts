import { readFileSync } from "node:fs";
import type { DomainView } from "@appos/shared/domains";
import type { Page as Listed } from "@appos/shared/envelope";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acmeAuthority, ZONE } from "../world/acme.ts";
import { agent } from "../world/agent.ts";
import { type Api, api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { fills, heading, presses, reads, signsIn } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlane } from "../world/control-plane.ts";
import { appNamed } from "../world/docker.ts";
import { atEnd, endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { type Proxy, proxyPorts, removeProxy, visit } from "../world/proxies.ts";
import { certificateFor } from "../world/tls.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let proxy: Proxy;
let page: Page;
const shop = appNamed("shop");
const name = `shop.${ZONE}`;

beforeAll(async () => {
  await buildImages();
  proxy = await proxyPorts();
  controls = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  admin = await api(controls.url).signIn(administrator);
  atEnd(() => removeProxy(proxy));
  await agent(controls, admin, "tokyo", { env: proxy.env });
  const { deployment } = await admin.create(shop, "services:\n  web:\n    image: appos-test/web:1\n    expose: ['80']\n");
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

const dialog = () => page.getByRole("dialog");
const domain = async () => (await admin.get<Listed<DomainView>>(`domains?app=${shop}`)).items[0]!;
const basic = (user: string, password: string) => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });
const answers = async (headers: Record<string, string> = {}, path = "/") =>
  (await visit(name, { port: proxy.http, path, headers }))?.status;
const row = () => page.getByRole("list", { name: "Domains" }).getByRole("listitem");
const openMore = () => dialog().getByText("More settings").click();
const saves = async () => {
  await dialog().getByRole("button", { name: "Save" }).click();
  await dialog().waitFor({ state: "detached" });
};
async function changes() {
  await presses(page, `Change http://${name}`);
  await openMore();
}

test("a site is protected with a name and a password: 401 without, 200 with them", async () => {
  await page.goto(`/apps/${shop}/domains`);
  await presses(page, "Add domain");
  await fills(page, "Domain", name);
  await page.getByLabel("HTTPS", { exact: true }).selectOption("off");
  await until("the port is suggested", async () => (await page.getByLabel("Port", { exact: true }).inputValue()) === "80");
  // It is closed at first.
  expect(await dialog().getByRole("button", { name: "Add user" }).isVisible()).toBe(false);
  await openMore();
  await dialog().getByRole("button", { name: "Add user" }).click();
  await fills(page, "Name of user 1", "ada");
  await fills(page, "Password of ada", "short");
  await dialog().getByRole("button", { name: "Add domain" }).click();
  await reads(page, "A password has at least 8 characters");
  expect(await page.getByLabel("Password of ada").getAttribute("aria-invalid")).toBe("true");
  await fills(page, "Password of ada", "correct horse");
  await dialog().getByRole("button", { name: "Add domain" }).click();
  await row().getByText("Serving", { exact: true }).waitFor();
  await row().getByText("only for 1 user", { exact: true }).waitFor();

  expect(await answers()).toBe(401);
  expect(await answers(basic("ada", "wrong password"))).toBe(401);
  expect(await answers({}, "/%2e%2e/")).toBe(401);
  expect(await visit(name, { port: proxy.http, headers: basic("ada", "correct horse") })).toMatchObject({ status: 200, text: "version 1" });
  expect((await domain()).access).toEqual({ users: [{ name: "ada" }], networks: [] });
});

test("a password that is set is kept while others are added, and is shown to nobody", async () => {
  await changes();
  await dialog().getByRole("button", { name: "Set. Give another password for ada" }).waitFor();
  expect(await dialog().getByLabel("Password of ada").count()).toBe(0);
  await dialog().getByRole("button", { name: "Add user" }).click();
  await fills(page, "Name of user 2", "bob");
  await fills(page, "Password of bob", "battery staple");
  await saves();
  await until("bob gets in", async () => (await answers(basic("bob", "battery staple"))) === 200);
  expect(await answers(basic("ada", "correct horse"))).toBe(200);

  await changes();
  await dialog().getByRole("button", { name: "Set. Give another password for ada" }).click();
  await fills(page, "Password of ada", "another horse");
  await dialog().getByRole("button", { name: "Remove bob" }).click();
  await saves();
  await until("ada's new one holds", async () => (await answers(basic("ada", "another horse"))) === 200);
  expect(await answers(basic("ada", "correct horse"))).toBe(401);
  expect(await answers(basic("bob", "battery staple"))).toBe(401);
  const said = JSON.stringify([await domain(), await admin.get("activity"), await admin.get("jobs")]);
  for (const secret of ["horse", "staple", "$2b$"]) expect(said).not.toContain(secret);
});

test("headers, an upload limit and compression are what they say; what is wrong is said where it was typed", async () => {
  await changes();
  await dialog().getByRole("button", { name: "Remove ada" }).click();
  await dialog().getByRole("button", { name: "Add header" }).click();
  await fills(page, "Name of header 1", "Set-Cookie");
  await fills(page, "Value of Set-Cookie", "a=b");
  await fills(page, "Upload limit", "1");
  await page.getByLabel("Only from these addresses or networks").fill("127.0.0.1\n10.0.0.0/99");
  await dialog().getByRole("button", { name: "Save" }).click();
  await reads(page, "This header is the proxy's own or the app's to set");
  await reads(page, /^10\.0\.0\.0\/99: Give an address or a network/);
  await fills(page, "Name of header 1", "X-Frame-Options");
  await fills(page, "Value of X-Frame-Options", "DENY");
  await page.getByLabel("Only from these addresses or networks").fill("");
  await saves();
  await until("everybody gets in", async () => (await answers()) === 200);
  expect((await visit(name, { port: proxy.http }))?.headers["x-frame-options"]).toBe("DENY");
  await row().getByText("1 header and uploads up to 1 MB").waitFor();

  await changes();
  await page.getByLabel("Only from these addresses or networks").fill("203.0.113.7");
  await saves();
  await until("nobody gets in from here", async () => (await answers()) === 403);
  expect(await answers({ "x-forwarded-for": "203.0.113.7" })).toBe(403);
  expect(faultsOf(page)).toEqual([]);
});

/** As an authority hands one out. */
async function ownCertificate(of: string) {
  const { key, cert, ca } = await certificateFor(of, "DNS");
  const root = readFileSync(ca, "utf8");
  return { key: key.toString(), chain: `${cert}${root}`, root };
}
const rowOf = (of: string) => row().filter({ hasText: of });
const securely = async (of: string, ca: string) => (await visit(of, { port: proxy.https, ca }))?.status;
async function addsSecure(of: string, more: () => Promise<unknown> = async () => {}) {
  await page.goto(`/apps/${shop}/domains`);
  await presses(page, "Add domain");
  await fills(page, "Domain", of);
  await until("the port is suggested", async () => (await page.getByLabel("Port", { exact: true }).inputValue()) === "80");
  await more();
  await dialog().getByRole("button", { name: "Add domain" }).click();
}

test("a name of a network at home is served by the server's own authority, whose root is there for download", async () => {
  await addsSecure("wiki.lan", async () => {
    await until("the authority is suggested", async () => (await page.getByLabel("HTTPS", { exact: true }).inputValue()) === "internal");
  });
  await rowOf("wiki.lan").getByText("Certificate from tokyo's own authority, valid until").waitFor();
  const link = rowOf("wiki.lan").getByRole("link", { name: "Download its root certificate" });
  const [file] = await Promise.all([page.waitForEvent("download"), link.click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
  expect(file.suggestedFilename()).toBe("tokyo-authority.crt");
  expect(await securely("wiki.lan", Buffer.concat(chunks).toString())).toBe(200);
});

test("a wildcard is all names right below another one, but for those that are domains themselves", async () => {
  await addsSecure("*.home.lan", () =>
    dialog().getByText("All names right below home.lan, such as a.home.lan, but for those that are domains themselves.").waitFor(),
  );
  await rowOf("*.home.lan").getByText("Serving", { exact: true }).waitFor();
  await rowOf("*.home.lan")
    .getByText(/^Certificate from tokyo's own authority, valid until/)
    .waitFor();
  // Nobody can open a star.
  const links = rowOf("*.home.lan").getByRole("link", { name: /opens a new tab/ });
  expect(await links.count()).toBe(0);
  const { id } = (await admin.get<Listed<DomainView>>(`domains?app=${shop}&search=${encodeURIComponent("*.home.lan")}`)).items[0]!;
  const root = await (await admin.send("GET", `/api/v1/domains/${id}/authority`)).text();
  expect([await securely("a.home.lan", root), await securely("b.home.lan", root)]).toEqual([200, 200]);
  expect(await securely("a.b.home.lan", root)).not.toBe(200);
  expect(faultsOf(page)).toEqual([]);
});

test("an administrator leads a domain to an address in the server's network, and never to the server itself", async () => {
  await page.goto("/servers/tokyo");
  await presses(page, "Add an address");
  const typed = { Domain: "printer.lan", Address: "127.0.0.1", Port: "9" };
  for (const [label, value] of Object.entries(typed)) await fills(page, label, value);
  const adds = () => dialog().getByRole("button", { name: "Add address" }).click();
  await adds();
  await reads(page, "127.0.0.1 is the server itself.");
  // Of nobody: RFC 5737.
  await fills(page, "Address", "192.0.2.10");
  await adds();
  const added = page.getByRole("list", { name: "Other addresses" }).getByRole("listitem");
  await added.getByText("Leads to 192.0.2.10:9").waitFor();
  await added.getByText(/^Certificate from tokyo's own authority, valid until/).waitFor();
  await added.getByText(/^Serving, answers 50[234]$/).waitFor();
  await presses(page, "Remove https://printer.lan");
  await dialog().getByRole("button", { name: "Remove address" }).click();
  await reads(page, /^None yet\. Domains may also lead/);
  expect(faultsOf(page)).toEqual([]);
});

test("a certificate of one's own is added with a domain, replaced by a newer one, and its key is shown to nobody", async () => {
  const of = `own.${ZONE}`;
  const [first, second] = [await ownCertificate(of), await ownCertificate(`*.${ZONE}`)];
  await addsSecure(of, async () => {
    await page.getByLabel("HTTPS", { exact: true }).selectOption("own");
    await reads(page, `There is none here yet for ${of}.`);
    await fills(page, "Certificate and chain", first.chain);
    await fills(page, "Private key", second.key);
  });
  await reads(page, "The key belongs to another certificate than the first one of the chain.");
  await fills(page, "Private key", first.key);
  await dialog().getByRole("button", { name: "Add domain" }).click();
  await rowOf(of).getByText("Own certificate from Test authority, valid until").waitFor();
  expect(await securely(of, first.root)).toBe(200);

  await page.goto("/settings");
  await reads(page, `Used by ${of}`);
  await presses(page, `Replace ${of}`);
  await fills(page, "Certificate and chain", second.chain);
  await fills(page, "Private key", second.key);
  await dialog().getByRole("button", { name: "Replace" }).click();
  await until("the newer one is served", async () => (await securely(of, second.root)) === 200);
  await presses(page, `Remove *.${ZONE}`);
  await dialog().getByRole("button", { name: "Remove certificate" }).click();
  await reads(page, `Domains use it: ${of}.`);
  await page.keyboard.press("Escape");
  const said = JSON.stringify([
    await admin.get("certificates"),
    await admin.get("activity"),
    await admin.get("jobs"),
    await page.content(),
  ]);
  for (const { key } of [first, second]) expect(said).not.toContain(key.split("\n")[1]);
  expect(faultsOf(page)).toEqual([]);
});

test("a name is proven in the DNS where somebody has its zone; a provider's refusal is told, and over HTTP it goes on", async () => {
  const of = `proven.${ZONE}`;
  const acme = await acmeAuthority(proxy.http);
  await admin.put("proxy/certificates", acme.settings);
  const provider = () => page.getByRole("list", { name: "DNS providers" }).getByRole("listitem");
  await page.goto("/settings");
  await presses(page, "Add DNS provider");
  await fills(page, "Name", "Our own");
  await fills(page, "Zones", ZONE);
  await page.getByLabel("Provider", { exact: true }).selectOption("rfc2136");
  // Nobody listens there.
  const own = { Server: "127.0.0.1:9", "Key name": "appos", Secret: "not base64!" };
  for (const [label, value] of Object.entries(own)) await fills(page, label, value);
  await dialog().getByRole("button", { name: "Add DNS provider" }).click();
  await reads(page, "Give the secret in base64");
  const secret = Buffer.from("a secret that nobody is shown").toString("base64");
  await fills(page, "Secret", secret);
  await dialog().getByRole("button", { name: "Add DNS provider" }).click();
  await provider().getByText(`RFC 2136, for ${ZONE}`).waitFor();

  await page.goto(`/apps/${shop}/domains`);
  const proof = () => dialog().getByLabel("Proof of ownership");
  await presses(page, "Add domain");
  await fills(page, "Domain", of);
  await proof().selectOption({ label: "In the DNS, by Our own (RFC 2136)" });
  await fills(page, "Domain", "elsewhere.test");
  await proof().waitFor({ state: "detached" });
  await fills(page, "Domain", `*.sub.${ZONE}`);
  await until("the DNS alone is offered", async () => (await proof().innerText()) === "In the DNS, by Our own (RFC 2136)");
  await fills(page, "Domain", of);
  await dialog().getByRole("button", { name: "Add domain" }).click();
  await rowOf(of).getByText("RFC 2136 (Our own) could not be asked: connect ECONNREFUSED 127.0.0.1:9").waitFor();
  expect(await visit(of, { port: proxy.http })).toMatchObject({ status: 200 });
  await page.goto("/settings");
  await presses(page, "Remove Our own");
  await dialog().getByRole("button", { name: "Remove DNS provider" }).click();
  await reads(page, `Domains use it: ${of}.`);
  await page.keyboard.press("Escape");

  // What is uploaded for all names here is shown for this one, too, as long as it has none.
  const remove = async (which: string) => {
    const { items } = await admin.get<Listed<DomainView>>(`domains?search=${which}`);
    await admin.delete(`domains/${items[0]!.id}`);
  };
  await remove(`own.${ZONE}`);
  await page.goto(`/apps/${shop}/domains`);
  await presses(page, `Change https://${of}`);
  await proof().selectOption({ label: "Over HTTP" });
  await dialog().getByRole("button", { name: "Save" }).click();
  await rowOf(of)
    .getByText(/^Certificate from Pebble/)
    .waitFor();
  await remove(of);
  await page.goto("/settings");
  await presses(page, "Remove Our own");
  await dialog().getByRole("button", { name: "Remove DNS provider" }).click();
  await reads(page, "The DNS provider Our own was removed.");
  const said = [await admin.get("jobs"), await admin.get("activity"), await page.content()];
  expect(JSON.stringify(said)).not.toContain(secret);
  expect(faultsOf(page)).toEqual([]);
});
