import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { atEnd } from "./ends.ts";
import { namespace } from "./namespace.ts";
import { folder, seat } from "./places.ts";
import { proxy } from "./proxy.ts";

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
let running: Promise<Browser> | undefined;

/**
 * Chromium, on a machine of its own as far as its network goes: it gives up what it is loading whenever an interface comes or goes,
 * and Docker makes and removes them all the time.
 */
async function launch(): Promise<Browser> {
  const { name, near } = await namespace(100 + seat);
  const program = join(folder("browser"), "chromium");
  writeFileSync(program, `#!/bin/sh\nexec nsenter --net=/run/netns/${name} ${process.env["CHROMIUM"] ?? "/usr/bin/chromium"} "$@"\n`, {
    mode: 0o755,
  });
  const browser = await chromium.launch({
    executablePath: program,
    args: quiet,
    proxy: { server: await proxy(near), bypass: "<-loopback>" },
  });
  atEnd(() => browser.close());
  return browser;
}

/** A new page in a browser that has seen nothing yet, as another person would open it. */
export async function visitor(baseURL: string, options: BrowserContextOptions = {}): Promise<Page> {
  running ??= launch();
  const context = await (await running).newContext({ baseURL, viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  pageFaults.set(page, faults);
  return page;
}

const pageFaults = new WeakMap<Page, string[]>();
/** What went wrong in the page's own scripts. */
export const faultsOf = (page: Page): string[] => pageFaults.get(page) ?? [];

/** Resolves when nothing moves any more: fonts are there, and what fades in has. */
export async function settled(page: Page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const ends = document.getAnimations().filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime));
    await Promise.allSettled(ends.map(({ finished }) => finished));
  });
}
