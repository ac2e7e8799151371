import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { acmeAuthority } from "./world/acme.ts";
import { settled, visitor } from "./world/browser.ts";
import { heading, signsIn } from "./world/console.ts";
import { administrator, controlPlane, controlPlaneWithServer } from "./world/control-plane.ts";
import { containersOf, sweep } from "./world/docker.ts";
import { atEnd, endAll } from "./world/ends.ts";
import { domainPages } from "./world/domain-pages.ts";
import { furnishDomains } from "./world/house-domains.ts";
import { furnish } from "./world/house.ts";
import { buildImages } from "./world/images.ts";
import { everyPage } from "./world/pages.ts";
import type { Place } from "./world/place.ts";
import { proxyPorts, removeProxy } from "./world/proxies.ts";

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
  for (const name of Object.values(names)) {
    // Its apps would take the place of those, and be swept away with them.
    if ((await containersOf(name)).length > 0) throw new Error(`Containers of an app ${name} are on this machine already`);
    atEnd(() => sweep(name));
  }
  const proxy = await proxyPorts();
  const acme = await acmeAuthority(proxy.http);
  atEnd(() => removeProxy(proxy));
  const { controls, admin } = await controlPlaneWithServer({ env: { ...proxy.env, APPOS_DNS: acme.nameServer } });
  const empty = await controlPlane({ setUp: false, env: { APPOS_LOCAL_AGENT: "off" } });
  const house = await furnish(admin, names);
  const chosen = (places: Place[]) => places.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const [before, after] = [chosen(everyPage(house, await empty.setupUrl())), chosen(domainPages(house))];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  await takeEach(controls.url, before);
  if (after.length > 0) {
    await admin.put("proxy/certificates", acme.settings);
    await furnishDomains(admin, names.shop);
    await takeEach(controls.url, after);
  }
  process.stdout.write(`appos: ${(before.length + after.length) * 4} pictures in ${folder}\n`);
}

async function takeEach(url: string, places: Place[]) {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const look = { colorScheme, reducedMotion: "reduce", viewport: { width, height: width === 390 ? 844 : 900 } } as const;
      const [insider, stranger] = [await visitor(url, look), await visitor(url, look)];
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
}
