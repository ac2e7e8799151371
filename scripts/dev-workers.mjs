// npm run dev:workers: AppOS on Cloudflare's own runtime (workerd) and a libSQL server, both on this machine, without an account.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "./build.mjs";
import { ensureEdgeTools } from "./lib/edge-tools.mjs";
import { program, sleep } from "./lib/program.mjs";
import { at } from "./lib/root.mjs";
import { fail, say, tail } from "./lib/say.mjs";
import { archives } from "./lib/worker.mjs";

const host = process.env.APPOS_HOST || "127.0.0.1";
const port = Number(process.env.APPOS_PORT || 9091);
const databasePort = Number(process.env.APPOS_DATABASE_PORT || port + 1);
const folder = join(resolve(process.env.APPOS_DATA_DIR || ".appos"), "workers");
const url = `http://127.0.0.1:${port}`;
const databaseUrl = process.env.APPOS_DATABASE_URL || `http://127.0.0.1:${databasePort}`;
const quiet = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_LOG_PATH: join(folder, "wrangler.log") };
const children = new Set();
let stopping = false;

/** Starts a program that is to run for as long as this one. */
function keep(command, args, env = {}) {
  const child = spawn(command, args, { cwd: at(), env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let output = "";
  const note = (chunk) => void (output = (output + chunk).slice(-20_000));
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  child.on("error", (error) => note(error.message));
  child.on("close", () => {
    children.delete(child);
    if (!stopping) void stop(`${command} has ended and said:\n${tail(output, 20)}`);
  });
  return { child, output: () => output };
}

async function stop(why) {
  if (stopping) return;
  stopping = true;
  for (const child of children) child.kill("SIGTERM");
  for (let waited = 0; children.size > 0 && waited < 4_000; waited += 50) await sleep(50);
  for (const child of children) child.kill("SIGKILL");
  if (why) fail(why);
  process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop());

/** Resolves once an address answers. */
async function answers(address, within = 30_000) {
  for (const began = Date.now(); Date.now() - began < within; await sleep(50)) {
    const reply = await fetch(address).catch(() => undefined);
    await reply?.body?.cancel();
    if (reply?.ok) return;
  }
  throw new Error(`${address} did not answer within ${within / 1_000} seconds`);
}

function secretKey() {
  if (process.env.APPOS_SECRET_KEY) return process.env.APPOS_SECRET_KEY;
  const file = join(folder, "secret.key");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

/** What the worker is set with; read by wrangler from a file, so that no secret stands in an argument list. */
function variablesFile(key) {
  const passed = [
    "APPOS_DATABASE_TOKEN",
    "APPOS_PUBLIC_URL",
    "APPOS_AGENT_URL",
    "APPOS_LOG_LEVEL",
    "APPOS_JOB_DAYS",
    "APPOS_LOG_DAYS",
    "APPOS_LOG_BYTES",
  ];
  const variables = { APPOS_DATABASE_URL: databaseUrl, APPOS_SECRET_KEY: key };
  for (const name of passed) if (process.env[name]) variables[name] = process.env[name];
  const file = join(folder, "variables");
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  writeFileSync(file, lines.join(""), { mode: 0o600 });
  return file;
}

/** Puts the agent's archives where the worker finds them: a bucket in a folder of this machine. */
async function fillBucket(wrangler, state) {
  const stamp = join(folder, "archives");
  const sums = JSON.stringify(archives().map(({ checksum }) => checksum));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sums) return;
  for (const { arch, file } of archives()) {
    const object = `appos-agent/appos-agent-linux-${arch}.tar.gz`;
    const args = [wrangler, "r2", "object", "put", object, "--file", file, "--local", "--persist-to", state];
    const { code, output } = await program(process.execPath, args, { cwd: at(), env: { ...process.env, ...quiet } });
    if (code !== 0) throw new Error(`The agent's archive could not be put into its bucket. wrangler said:\n${tail(output)}`);
  }
  writeFileSync(stamp, sums);
}

try {
  const [tools] = await Promise.all([ensureEdgeTools(), build({ edge: true })]);
  const state = join(folder, "state");
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const key = secretKey();
  if (!process.env.APPOS_DATABASE_URL) {
    const addresses = ["--http-listen-addr", `127.0.0.1:${databasePort}`, "--grpc-listen-addr", `127.0.0.1:${databasePort + 1}`];
    keep(tools.sqld, ["-d", join(folder, "database"), ...addresses, "--no-welcome"]);
    await answers(`${databaseUrl}/health`);
  }
  const settings = { APPOS_DATABASE_URL: databaseUrl, APPOS_SECRET_KEY: key, APPOS_PUBLIC_URL: process.env.APPOS_PUBLIC_URL || url };
  const migrated = await program(process.execPath, [at("dist/control-plane/admin.mjs"), "migrate"], {
    env: { ...process.env, ...settings },
  });
  if (migrated.code !== 0) throw new Error(tail(migrated.output));
  await fillBucket(tools.wrangler, state);
  const options = ["--ip", host, "--port", String(port), "--persist-to", state, "--env-file", variablesFile(key)];
  const still = ["--local", "--show-interactive-dev-session=false", "--inspector-port", "0", "--log-level", "error"];
  const worker = keep(process.execPath, [tools.wrangler, "dev", "-c", at("wrangler.toml"), ...options, ...still], quiet);
  worker.child.stderr.pipe(process.stderr);
  worker.child.stdout.pipe(process.stderr);
  await answers(`${url}/api/health`);
  // Cloudflare rings once a minute; here nobody does.
  setInterval(
    () =>
      void fetch(`${url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`).then(
        (reply) => reply.body?.cancel(),
        () => {},
      ),
    60_000,
  );
  say(`AppOS answers at ${url}, on workerd with a libSQL server at ${databaseUrl}`);
  process.stdout.write(migrated.output);
} catch (error) {
  await stop(error.message);
}
