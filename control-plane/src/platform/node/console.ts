import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { consoleHeaders, IMMUTABLE, YEAR } from "../console-headers.ts";

/** The console: static files, and its one page for every other address. Only the scripts that were built may run. */
export function consoleFiles(folder: string) {
  const page = readFileSync(`${folder}/index.html`, "utf8");
  const headers = consoleHeaders(page);
  const root = relative(process.cwd(), folder);
  return new Hono()
    .use(async (c, next) => {
      await next();
      for (const [name, value] of Object.entries(headers)) c.header(name, value);
      c.header("cache-control", c.req.path.startsWith(IMMUTABLE) ? YEAR : "no-cache");
    })
    .get("/index.html", (c) => c.html(page))
    .use("*", serveStatic({ root, precompressed: true }))
    .get("*", (c) => (c.req.path.startsWith("/_app/") ? c.notFound() : c.html(page)));
}
