// npm run deploy:workers [-- --dry-run]: puts AppOS on Cloudflare Workers, over the database that APPOS_DATABASE_URL names.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "./build.mjs";
import { ensureEdgeTools } from "./lib/edge-tools.mjs";
import { program } from "./lib/program.mjs";
import { at } from "./lib/root.mjs";
import { fail, say, tail } from "./lib/say.mjs";
import { archives } from "./lib/worker.mjs";

/** What Cloudflare takes on its free plan; on the paid one it takes 10 MiB. */
const MOST_BYTES = 3 * 1024 * 1024;
const dry = process.argv.includes("--dry-run");
const { APPOS_DATABASE_URL: databaseUrl, APPOS_AGENT_URL: agentUrl } = process.env;
/** Settings of this deployment that are no secrets. */
const variables = ["APPOS_DATABASE_URL", "APPOS_PUBLIC_URL", "APPOS_AGENT_URL", "APPOS_MOVED_TO"].filter((name) => process.env[name]);

/** Runs a program that must be content; says what it said. */
async function run(what, args, env = {}) {
  const { code, output } = await program(process.execPath, args, {
    cwd: at(),
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", ...env },
  });
  if (code !== 0) throw new Error(`${what} failed:\n${tail(output, 20)}`);
  return output;
}

function reportSize() {
  const bytes = gzipSync(readFileSync(at("dist/workers/worker.mjs"))).length;
  if (bytes > MOST_BYTES) throw new Error(`The worker has ${bytes} bytes compressed; ${MOST_BYTES} are allowed.`);
  say(`the worker has ${Math.ceil(bytes / 1024)} KiB compressed; ${MOST_BYTES / 1024} KiB are allowed`);
}

async function uploadArchives(wrangler) {
  for (const { arch, file } of archives()) {
    const object = `appos-agent/appos-agent-linux-${arch}.tar.gz`;
    await run(`Uploading ${object}`, [wrangler, "r2", "object", "put", object, "--file", file, "--remote", "-c", at("wrangler.toml")]);
    say(`uploaded ${object}`);
  }
}

try {
  if (/authToken=|\/\/[^/]*@/.test(databaseUrl ?? ""))
    throw new Error("APPOS_DATABASE_URL carries a secret. Give the token in APPOS_DATABASE_TOKEN.");
  if (!dry && !databaseUrl) throw new Error("APPOS_DATABASE_URL is not set: the address of a libSQL database (docs/guides/workers.md).");
  const [{ wrangler }] = await Promise.all([ensureEdgeTools(), build({ edge: true })]);
  reportSize();
  const deploy = [wrangler, "deploy", "-c", at("wrangler.toml"), ...variables.flatMap((name) => ["--var", `${name}:${process.env[name]}`])];
  if (dry) {
    await run("wrangler deploy --dry-run", [...deploy, "--dry-run", "--outdir", at("dist/workers/dry-run")]);
    say("wrangler would deploy it");
  } else {
    // A database that is ahead of its code is no harm; one that is behind is.
    process.stdout.write(await run("The migration", [at("dist/control-plane/admin.mjs"), "migrate"]));
    if (!agentUrl) await uploadArchives(wrangler);
    process.stdout.write(await run("wrangler deploy", deploy));
  }
} catch (error) {
  fail(error.message);
}
