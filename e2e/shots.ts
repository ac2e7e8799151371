import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { settled, visitor } from "./world/browser.ts";
import { heading, signsIn } from "./world/console.ts";
import { administrator, controlPlane, controlPlaneWithServer } from "./world/control-plane.ts";
import { sweep } from "./world/docker.ts";
import { atEnd, endAll } from "./world/ends.ts";
import { furnish } from "./world/house.ts";
import { buildImages } from "./world/images.ts";
import { everyPage } from "./world/pages.ts";

// npm run shots [NAME…]: a picture of every page, or of those named, in both themes and at both widths, for people to look at.
const wanted = process.argv.slice(2);
const folder = join(import.meta.dirname, "screenshots");
const names = { shop: "shop", billing: "billing", docs: "docs" };

try {
  await takeAll();
} finally {
  await endAll();
}

async function takeAll() {
  await buildImages();
  for (const name of Object.values(names)) atEnd(() => sweep(name));
  const { controls, admin } = await controlPlaneWithServer();
  const empty = await controlPlane({ setUp: false, env: { APPOS_LOCAL_AGENT: "off" } });
  const house = await furnish(admin, names);
  const places = everyPage(house, await empty.setupUrl()).filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const look = { colorScheme, reducedMotion: "reduce", viewport: { width, height: width === 390 ? 844 : 900 } } as const;
      const [insider, stranger] = [await visitor(controls.url, look), await visitor(controls.url, look)];
      await signsIn(insider, administrator);
      await heading(insider, "Overview");
      for (const { name, path, ready, act, signedOut } of places) {
        const page: Page = signedOut ? stranger : insider;
        try {
          await page.goto(path);
          await ready(page);
          await act?.(page);
          await settled(page);
        } catch (error) {
          process.exitCode = 1;
          process.stderr.write(`appos: ${name} did not become what it should be: ${String(error).split("\n")[0]}\n`);
        }
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: !act });
      }
      await insider.context().close();
      await stranger.context().close();
    }
  }
  process.stdout.write(`appos: ${places.length * 4} pictures in ${folder}\n`);
}
