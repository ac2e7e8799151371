import { gzipSync } from "node:zlib";
import { type Browser, chromium, type Response } from "playwright-core";
import { atEnd } from "./ends.ts";

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function browser(): Promise<Browser> {
  const running = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: quiet });
  atEnd(() => running.close());
  return running;
}

interface Visit {
  url: string;
  /** As it would be in a browser that is signed in. */
  cookie?: string | undefined;
  /** CSS selectors of what a person waits for. */
  waitsFor: string[];
}

/** One visit with an empty cache: ms from navigation until everything waited for is there to see, and kB of script, as gzip sends it and as it came. */
export async function visit(running: Browser, { url, cookie, waitsFor }: Visit) {
  const context = await running.newContext({ viewport: { width: 1440, height: 900 } });
  const [name = "", value = ""] = cookie?.split("=") ?? [];
  if (cookie) await context.addCookies([{ name, value, url: new URL(url).origin, httpOnly: true }]);
  const page = await context.newPage();
  const scripts: Response[] = [];
  page.on("response", (response) => void (response.request().resourceType() === "script" && scripts.push(response)));
  await page.goto(url, { waitUntil: "commit" });
  for (const selector of waitsFor) await page.locator(selector).first().waitFor();
  const usable = await page.evaluate(() => performance.now());
  await page.waitForLoadState("networkidle").catch(() => {});
  const sizes = await Promise.all(
    scripts.map(async (script) => ({
      gzip: gzipSync(await script.body()).length,
      sent: (await script.request().sizes()).responseBodySize,
    })),
  );
  await context.close();
  const sum = (key: "gzip" | "sent") => sizes.reduce((total, size) => total + size[key], 0) / 1_000;
  return { usable, gzip: sum("gzip"), sent: sum("sent") };
}
