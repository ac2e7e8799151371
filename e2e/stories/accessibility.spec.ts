import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { settled, visitor } from "../world/browser.ts";
import { heading, signsIn } from "../world/console.ts";
import { administrator, controlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { appNamed } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { furnish } from "../world/house.ts";
import { buildImages } from "../world/images.ts";
import { everyPage } from "../world/pages.ts";
import type { Place } from "../world/place.ts";
import { root } from "../world/places.ts";

afterAll(endAll);

const axe = readFileSync(join(root, "e2e/node_modules/axe-core/axe.min.js"), "utf8");
const looks = (["light", "dark"] as const).flatMap((theme) => [1440, 390].map((width) => ({ theme, width })));

const calm = { reducedMotion: "reduce" } as const;

let places: Place[];
let insider: Page;
let stranger: Page;

beforeAll(async () => {
  await buildImages();
  const { controls, admin } = await controlPlaneWithServer();
  const house = await furnish(admin, { shop: appNamed("shop"), billing: appNamed("billing"), docs: appNamed("docs") });
  const empty = await controlPlane({ setUp: false, env: { APPOS_LOCAL_AGENT: "off" } });
  places = everyPage(house, await empty.setupUrl());
  [insider, stranger] = [await visitor(controls.url, calm), await visitor(controls.url, calm)];
  await signsIn(insider, administrator);
  await heading(insider, "Overview");
});

async function findings(page: Page) {
  await settled(page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) => `${id}: ${target.join(" ")}. ${any[0]?.message ?? ""}`));
}

/** Chromium has been seen to leave some text in the colours of the theme before, when it changes under a page: all of it is styled anew. */
async function turnsTo(page: Page, theme: "light" | "dark") {
  await page.emulateMedia({ colorScheme: theme });
  await page.evaluate(() => {
    const { style } = document.documentElement;
    style.display = "none";
    document.documentElement.getBoundingClientRect();
    style.display = "";
  });
}

/** Wider than its window, a page has to be pushed to and fro. */
const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test("on every page, in light and dark, wide and narrow, axe finds nothing and nothing sticks out", async () => {
  const faults: string[] = [];
  for (const { name, path, ready, act, signedOut } of places) {
    const page = signedOut ? stranger : insider;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(path);
    await ready(page);
    await act?.(page);
    for (const { theme, width } of looks) {
      await turnsTo(page, theme);
      await page.setViewportSize({ width, height: 900 });
      for (const found of await findings(page)) faults.push(`${name}, ${theme}, ${width}: ${found}`);
      if ((await overflow(page)) > 0) faults.push(`${name}, ${theme}, ${width}: it is wider than its window`);
    }
  }
  expect(faults).toEqual([]);
});

test("every page has one main heading and a title of its own", async () => {
  const titles: string[] = [];
  for (const { path, ready, signedOut, act } of places) {
    if (act) continue;
    const page = signedOut ? stranger : insider;
    await page.goto(path);
    await ready(page);
    expect(await page.getByRole("heading", { level: 1 }).count(), path).toBe(1);
    titles.push(await page.title());
  }
  expect(titles).toEqual([...new Set(titles)]);
});

const focused = () => insider.evaluate(() => document.activeElement?.textContent?.trim());

test("a page is reached and left with the keyboard alone", async () => {
  await insider.goto("/");
  await heading(insider, "Overview");
  await insider.keyboard.press("Tab");
  expect(await focused()).toBe("Skip to content");
  for (let stops = 0; stops < 8 && (await focused()) !== "Apps"; stops++) await insider.keyboard.press("Tab");
  await insider.keyboard.press("Enter");
  await heading(insider, "Apps");
});
