// npm test [unit|simulation|engine|edge|e2e|everywhere …]: installs what the tests need, builds, runs them, and ends with one line: N passed, N failed, N skipped.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { ensureDocker } from "./docker.mjs";
import { distribution, installPackages } from "./lib/debian.mjs";
import { ensureEdgeTools } from "./lib/edge-tools.mjs";
import { ensureCaddyImage, ensureNginxImage } from "./lib/proxies.mjs";
import { at } from "./lib/root.mjs";
import { fail, say } from "./lib/say.mjs";

/** What whole programs and a browser need. */
const whole = [
  "busybox-static",
  "chromium",
  "fonts-dejavu-core",
  "fonts-liberation",
  "iproute2",
  "iptables",
  "curl",
  "git",
  "libfaketime",
  "openssl",
  "docker-registry",
  "dnsmasq-base",
  "pebble",
];
/** What each kind of tests needs from the distribution. */
const packages = {
  unit: ["openssl"],
  simulation: [],
  engine: [
    "busybox-static",
    "curl",
    "dnsmasq-base",
    "docker-registry",
    "git",
    "iproute2",
    "iptables",
    "knot",
    "nats-server",
    "openssl",
    "pebble",
  ],
  edge: [],
  e2e: whole,
  everywhere: [...whole, "nats-server"],
};
const kinds = Object.keys(packages);
/** The same stories on everything AppOS runs on, or on the one that is named. */
const platform = process.env.APPOS_E2E_PLATFORM || "*";
const projects = { everywhere: `everywhere-${platform}` };
/** Kinds that need a Docker Engine; and those that need workerd or a libSQL server. */
const withDocker = ["engine", "e2e", "everywhere"];
const withEdge = ["edge", "engine", "e2e", "everywhere"];
const asked = process.argv.slice(2);
const chosen = kinds.filter((kind) => asked.length === 0 || asked.includes(kind));
/** What is no kind goes on to vitest: names of files, -t and a pattern. */
const rest = asked.filter((word) => !kinds.includes(word));

async function prepare() {
  const needed = [...new Set((chosen.length > 0 ? chosen : kinds).flatMap((kind) => packages[kind]))];
  if (process.getuid?.() === 0 && ["debian", "ubuntu"].includes(distribution().ID)) await installPackages(needed);
  if (chosen.some((kind) => withEdge.includes(kind))) await ensureEdgeTools();
  if (!chosen.some((kind) => withDocker.includes(kind))) return;
  const docker = await ensureDocker({ plugins: ["compose", "buildx"] });
  if (!docker.ready) fail(docker.sentence);
  await ensureCaddyImage();
  await ensureNginxImage();
}

/** These need no Docker Engine: they run beside the others, one after the other, take what those leave, and what they said comes at their end. */
const aside = ["simulation", "edge"];

/** Runs one kind and answers what came of it. */
async function run(kind, report) {
  const { promise, resolve } = Promise.withResolvers();
  const isAside = aside.includes(kind) && chosen.length !== 1;
  const args = [
    ...(isAside ? ["-n", "15", at("node_modules/.bin/vitest")] : []),
    "run",
    "--project",
    projects[kind] ?? kind,
    "--passWithNoTests",
    "--reporter=default",
    `--reporter=${at("scripts/lib/outcome-reporter.mjs")}`,
    ...rest,
  ];
  const { APPOS_DATA_DIR: _, APPOS_PORT: __, ...env } = process.env;
  const out = isAside ? "pipe" : "inherit";
  const said = [];
  const vitest = spawn(isAside ? "nice" : at("node_modules/.bin/vitest"), args, {
    cwd: at(),
    env: { ...env, CI: "true", APPOS_TEST_OUTCOME: report },
    stdio: ["ignore", out, out],
  });
  for (const stream of [vitest.stdout, vitest.stderr]) stream?.on("data", (bytes) => said.push(bytes));
  vitest.on("error", () => resolve(1)).on("close", (code) => resolve(code ?? 1));
  const code = await promise;
  process.stdout.write(Buffer.concat(said));
  const nothing = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  const outcome = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : nothing;
  // A file that could not be read has no failed test, and still failed.
  return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
}

const reports = mkdtempSync(join(tmpdir(), "appos-tests-"));
try {
  await prepare();
  await build({ edge: chosen.some((kind) => withEdge.includes(kind)) });
  const total = { passed: 0, failed: 0, skipped: 0 };
  const wanted = chosen.length > 0 ? chosen : kinds;
  const ask = (kind) => {
    say(`${kind} tests${aside.includes(kind) && wanted.length > 1 ? ", beside the others" : ""}`);
    return run(kind, join(reports, `${kind}.json`));
  };
  const inTurn = async (those) => {
    const results = [];
    for (const kind of those) results.push(await ask(kind));
    return results;
  };
  const isAside = (kind) => aside.includes(kind);
  const both = [inTurn(wanted.filter(isAside)), inTurn(wanted.filter((kind) => !isAside(kind)))];
  const results = (await Promise.all(both)).flat();
  for (const result of results) for (const outcome of Object.keys(total)) total[outcome] += result[outcome];
  for (const reason of results.flatMap((result) => result.reasons)) process.stdout.write(`\nFAILED ${reason}`);
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
} catch (error) {
  fail(error.message);
} finally {
  rmSync(reports, { recursive: true, force: true });
}
