import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { consoleHeaders, IMMUTABLE, YEAR } from "../../control-plane/src/platform/console-headers.ts";
import { shipped } from "./catalog.mjs";
import { bundleWorker } from "./bundle.mjs";
import { at } from "./root.mjs";

/** The agent's archives that were made, with their SHA-256 in hex. */
export function archives() {
  const made = ["x64", "arm64"].map((arch) => ({ arch, file: at(`dist/agent/appos-agent-linux-${arch}.tar.gz`) }));
  return made
    .filter(({ file }) => existsSync(`${file}.sha256`))
    .map((archive) => ({ ...archive, checksum: readFileSync(`${archive.file}.sha256`, "utf8").split(/\s/)[0] }));
}

/** The number of the newest migration: when it was made. */
const newestMigration = () =>
  Math.max(...JSON.parse(readFileSync(at("control-plane/migrations/meta/_journal.json"), "utf8")).entries.map(({ when }) => when));

/** dist/workers: the worker, and the console's files with the headers that Cloudflare sends them with. */
export async function buildWorker(version) {
  const files = at("dist/workers/console");
  rmSync(files, { recursive: true, force: true });
  // Cloudflare compresses by itself.
  cpSync(at("dist/web"), files, { recursive: true, filter: (path) => !/\.(br|gz)$/.test(path) });
  writeFileSync(`${files}/_headers`, headersFile(readFileSync(`${files}/index.html`, "utf8")));
  await bundleWorker({
    entry: "control-plane/src/platform/workers/main.ts",
    outfile: "dist/workers/worker.mjs",
    define: {
      APPOS_VERSION: JSON.stringify(version),
      APPOS_SCHEMA: String(newestMigration()),
      APPOS_CATALOG: JSON.stringify(JSON.stringify(shipped())),
      APPOS_INSTALLER: JSON.stringify(readFileSync(at("dist/agent/install.sh"), "utf8")),
      APPOS_CHECKSUMS: JSON.stringify(Object.fromEntries(archives().map(({ arch, checksum }) => [arch, checksum]))),
    },
  });
}

/** Format: developers.cloudflare.com/workers/static-assets/headers */
function headersFile(page) {
  const lines = Object.entries({ ...consoleHeaders(page), "cache-control": "no-cache" }).map(([name, value]) => `  ${name}: ${value}`);
  return ["/*", ...lines, `${IMMUTABLE}*`, "  ! cache-control", `  cache-control: ${YEAR}`, ""].join("\n");
}
