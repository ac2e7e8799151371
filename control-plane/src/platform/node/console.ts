import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";

const YEAR = "public, max-age=31536000, immutable";

/** The console: static files, and its one page for every other address. Only the scripts that were built may run. */
export function consoleFiles(folder: string) {
  const page = readFileSync(`${folder}/index.html`, "utf8");
  const headers = {
    "content-security-policy": policyFor(page),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
  };
  const root = relative(process.cwd(), folder);
  return new Hono()
    .use(async (c, next) => {
      await next();
      for (const [name, value] of Object.entries(headers)) c.header(name, value);
      c.header("cache-control", c.req.path.startsWith("/_app/immutable/") ? YEAR : "no-cache");
    })
    .get("/index.html", (c) => c.html(page))
    .use("*", serveStatic({ root, precompressed: true }))
    .get("*", (c) => (c.req.path.startsWith("/_app/") ? c.notFound() : c.html(page)));
}

function policyFor(page: string): string {
  const inline = [...page.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => text);
  const hashes = inline.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(" ")}`.trim(),
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
