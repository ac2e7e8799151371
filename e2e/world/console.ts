import type { Page } from "playwright-core";

/** Waits until there is something with this role and name on the page, as a person or a screen reader finds it. */
export const sees = (page: Page, role: Role, name: string | RegExp) => page.getByRole(role, { name }).first().waitFor();
export const reads = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
type Role = Parameters<Page["getByRole"]>[0];

export const presses = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).first().click();
export const follows = (page: Page, name: string | RegExp) => page.getByRole("link", { name }).first().click();
export const fills = (page: Page, label: string, value: string) => page.getByLabel(label, { exact: true }).fill(value);
export const heading = (page: Page, name: string | RegExp) => sees(page, "heading", name);

interface Person {
  email: string;
  password: string;
}

export async function signsIn(page: Page, { email, password }: Person) {
  if (!page.url().includes("/login")) await page.goto("/login");
  await fills(page, "E-mail address", email);
  await fills(page, "Password", password);
  await presses(page, "Sign in");
}

/** Puts a text into the compose editor in place of the one there, as somebody who pastes does. */
export async function pastesCompose(page: Page, compose: string) {
  const editor = page.getByRole("textbox", { name: "Compose file" });
  await editor.click();
  await page.keyboard.press("Control+A");
  await editor.evaluate((element, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, compose);
}

/** New app, paste, name, Deploy: leaves on the deployment's page. */
export async function deploysNewApp(
  page: Page,
  { name, compose, server, domain }: { name: string; compose: string; server?: string; domain?: string },
) {
  await page.goto("/apps/new");
  await fills(page, "Name", name);
  if (server) await page.getByLabel("Server").selectOption({ label: server });
  await pastesCompose(page, compose);
  if (domain) await fills(page, "Domain", domain);
  await presses(page, "Deploy");
  await page.waitForURL(/\/deployments\/dep_/);
}

/** Has seen what the plan says will happen, and wants it. */
export const agreesToThePlan = (page: Page) => page.getByRole("dialog").getByRole("button", { name: "Deploy", exact: true }).click();

/** Waits on a deployment's page until one of its steps is in this state. */
export const stepIs = (page: Page, title: string, state: string) =>
  page
    .getByRole("listitem")
    .filter({ has: page.getByRole("button", { name: new RegExp(`^${title} `) }) })
    .getByText(state, { exact: true })
    .first()
    .waitFor();

/** Waits on a deployment's page until it has succeeded; what went wrong instead is in the failure. */
export async function succeeds(page: Page) {
  const succeeded = page.getByText("Succeeded", { exact: true });
  const wrong = page.getByRole("region", { name: "What went wrong" });
  await succeeded.or(wrong).first().waitFor({ timeout: 40_000 });
  if (await wrong.isVisible()) throw new Error(`The deployment failed: ${await wrong.innerText()}`);
}
