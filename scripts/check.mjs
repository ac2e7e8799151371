// npm run check: format, lint, types, layers, what nobody uses, and the sizes of files.
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { program } from "./lib/program.mjs";
import { at } from "./lib/root.mjs";
import { tail } from "./lib/say.mjs";

const AT_ONCE = 2;
const bin = (name) => at("node_modules/.bin", name);
const script = (name) => [process.execPath, [at("scripts", name)]];

/** Every tsconfig but the console's, which svelte-check reads. */
function configs(folder = "") {
  const found = [];
  for (const entry of readdirSync(at(folder), { withFileTypes: true })) {
    if (entry.isDirectory() && !/^(node_modules|dist|build|web|tools|\..*)$/.test(entry.name))
      found.push(...configs(join(folder, entry.name)));
    if (entry.name === "tsconfig.json") found.push(folder || ".");
  }
  return found.sort();
}

const memory = at("node_modules/.cache/tsc");
mkdirSync(memory, { recursive: true });
const types = (folder) => [
  bin("tsc"),
  ["-p", folder, "--incremental", "--tsBuildInfoFile", join(memory, `${folder.replaceAll("/", "-")}.json`)],
];

const steps = [
  [
    "console",
    at("web/node_modules/.bin/svelte-check"),
    ["--tsconfig", "./tsconfig.json", "--output", "human", "--fail-on-warnings"],
    at("web"),
  ],
  ["layers", ...script("check-layers.mjs")],
  ...configs().map((folder) => [`types ${folder}`, ...types(folder)]),
  ["lint", bin("oxlint"), ["--deny-warnings"]],
  ["format", bin("oxfmt"), ["--check", "."]],
  ["unused", bin("knip"), ["--no-progress", "--no-config-hints"]],
  ["catalog", ...script("check-catalog.mjs")],
  ["files", ...script("check-files.mjs")],
].filter(([name]) => name !== "console" || existsSync(at("web/src")));

const failed = [];

async function run([name, command, args, cwd = at()]) {
  const began = Date.now();
  const { code, output } = await program(command, args, { cwd });
  const took = `${((Date.now() - began) / 1000).toFixed(1)} s`;
  process.stdout.write(`${code === 0 ? "ok  " : "FAIL"}  ${name.padEnd(40)} ${took}\n`);
  if (code !== 0) failed.push(name);
  if (code !== 0 || name === "files") process.stdout.write(`${tail(output, 200)}\n`);
}

if (existsSync(at("web/src"))) await program(at("web/node_modules/.bin/svelte-kit"), ["sync"], { cwd: at("web") });
const waiting = [...steps];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) await run(step);
  }),
);
process.stdout.write(failed.length > 0 ? `\ncheck failed: ${failed.join(", ")}\n` : "\ncheck passed\n");
process.exitCode = failed.length > 0 ? 1 : 0;
