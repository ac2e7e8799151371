import type { Page } from "playwright-core";

/** What a person does on a page, or waits for there. */
export type Act = (page: Page) => Promise<unknown>;

export interface Place {
  /** For a file's name. */
  name: string;
  path: string;
  /** Waits for what is there when the page is complete. */
  ready(page: Page): Promise<unknown>;
  /** What a person does there first. */
  act?(page: Page): Promise<unknown>;
  signedOut?: boolean;
}
type Role = Parameters<Page["getByRole"]>[0];

export const has = (role: Role, name: string | RegExp) => (page: Page) => page.getByRole(role, { name }).first().waitFor();
export const says = (words: string | RegExp) => (page: Page) => page.getByText(words).first().waitFor();
export const press = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first().click();
export const dialogSays =
  (words: string | RegExp): Act =>
  (page) =>
    page.getByRole("dialog").getByText(words).first().waitFor();
export const dialogPress =
  (name: string | RegExp): Act =>
  (page) =>
    page.getByRole("dialog").getByRole("button", { name }).click();
export const fill =
  (label: string, value: string): Act =>
  (page) =>
    page.getByLabel(label, { exact: true }).fill(value);
export const choose =
  (label: string, value: string): Act =>
  (page) =>
    page.getByLabel(label, { exact: true }).selectOption(value);
export const inTurn =
  (...acts: Act[]): Act =>
  async (page) => {
    for (const act of acts) await act(page);
  };
