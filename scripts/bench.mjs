// npm run bench [-- WORD…]: asks the questions in bench/ whose name holds one of the words (all without any), one after the other.
// BENCH_SHORT=1 takes a quick look instead of a measurement, and keeps no results.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { table } from "../bench/lib/table.ts";
import { build } from "./build.mjs";
import { ensureDocker } from "./docker.mjs";
import { distribution, installPackages } from "./lib/debian.mjs";
import { endPrograms, program } from "./lib/program.mjs";
import { ensureCaddyImage, ensureNginxImage } from "./lib/proxies.mjs";
import { at } from "./lib/root.mjs";
import { say } from "./lib/say.mjs";

const packages = ["busybox-static", "chromium", "fonts-dejavu-core", "fonts-liberation", "redis-tools", "wrk"];
const words = process.argv.slice(2);
const suffix = ".bench.ts";
const names = readdirSync(at("bench"))
  .filter((name) => name.endsWith(suffix))
  .map((name) => name.slice(0, -suffix.length))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
let child;
let stopped = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => {
    stopped = true;
    endPrograms();
    child?.kill("SIGTERM");
  });

const load = () => Math.round(loadavg()[0] * 100) / 100;

async function prepare() {
  if (process.getuid?.() === 0 && ["debian", "ubuntu"].includes(distribution().ID)) await installPackages(packages);
  const docker = await ensureDocker({ plugins: ["compose"] });
  if (!docker.ready) throw new Error(docker.sentence);
  if (names.includes("proxies")) for (const ensure of [ensureCaddyImage, ensureNginxImage]) await ensure();
  await build({ edge: names.includes("edge") });
}

/** Runs one question as a program of its own and gives back its answer, or undefined where it failed. */
async function ask(name, file) {
  const loadBefore = load();
  child = spawn(process.execPath, [at("bench", `${name}${suffix}`)], {
    env: { ...process.env, BENCH_ANSWER: file },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const { promise, resolve } = Promise.withResolvers();
  child.on("error", resolve).on("close", resolve);
  await promise;
  if (!existsSync(file)) return say(`${name} was not answered`);
  const answer = { name, loadBefore, loadAfter: load(), ...JSON.parse(readFileSync(file, "utf8")) };
  process.stdout.write(`\n${table(answer)}\n`);
  return answer;
}

const git = async (...args) => (await program("git", ["-C", at(), ...args])).output.trim();

async function about() {
  return {
    at: new Date().toISOString(),
    commit: await git("rev-parse", "--short", "HEAD"),
    changed: (await git("status", "--porcelain")) !== "",
    node: process.version,
    kernel: release(),
    processors: cpus().map(({ model }) => model),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

/** A file for each run, and what was measured last for people. */
function keep(run) {
  mkdirSync(at("bench/results"), { recursive: true });
  const file = `${run.at.slice(0, 10)}-${run.commit}.json`;
  writeFileSync(at("bench/results", file), `${JSON.stringify(run, null, 1)}\n`);
  const state = `${run.at.slice(0, 16)}Z, commit ${run.commit}${run.changed ? " with changes" : ""}, Node ${run.node}`;
  const machine = `${run.processors.length} × ${run.processors[0]}, ${run.memoryGiB} GiB`;
  const loads = run.answers.map(({ name, loadBefore, loadAfter }) => `${name} ${loadBefore} → ${loadAfter}`).join(", ");
  const head = `# Last measured\n\n${state}. ${machine}. Load before → after: ${loads}.\n\nA figure is p50 / p95 (/ p99) of n readings.\n`;
  writeFileSync(at("docs/measured.md"), `${head}\n${run.answers.map(table).join("\n\n")}\n`);
  say(`kept in bench/results/${file} and docs/measured.md`);
}

const answers = [];
const folder = mkdtempSync(join(tmpdir(), "bench-answers-"));
try {
  if (names.length === 0) throw new Error(`No question in bench/ is named ${words.join(" or ")}.`);
  await prepare();
  for (const name of names) {
    if (stopped) break;
    const answer = await ask(name, join(folder, `${name}.json`));
    if (answer) answers.push(answer);
  }
  if (answers.length > 0 && !stopped && process.env.BENCH_SHORT !== "1") keep({ ...(await about()), answers });
  process.exitCode = answers.length === names.length ? 0 : 1;
} catch (error) {
  process.stderr.write(`appos: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
