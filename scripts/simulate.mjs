// npm run simulate -- [--seeds N] [--from K] [--long] [--break NAME] [--trace]: lives seeds of the simulation, on every core.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { at } from "./lib/root.mjs";
import { fail, say } from "./lib/say.mjs";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    from: { type: "string", default: "1" },
    break: { type: "string" },
    long: { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
  },
});
const [seeds, from] = [Number(values.seeds), Number(values.from)];
if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(from)) fail("--seeds takes how many seeds, --from the first of them.");
const workers = Math.min(seeds, availableParallelism());

const children = [];

/** Lives every so manieth seed, from the `index`th on. Of a protocol that is broken on purpose the first finding is enough. */
function worker(index) {
  const { promise, resolve } = Promise.withResolvers();
  const count = Math.ceil((seeds - index) / workers);
  const broken = values.break === undefined ? [] : ["--import", at("simulation/break.ts")];
  // A life makes much that does not outlive it: with room for that the collector has little to do.
  const args = [
    "--max-semi-space-size=64",
    ...broken,
    at("simulation/main.ts"),
    "--from",
    `${from + index}`,
    "--seeds",
    `${count}`,
    "--step",
    `${workers}`,
  ];
  for (const flag of ["trace", "long"]) if (values[flag]) args.push(`--${flag}`);
  const env = { ...process.env, APPOS_BREAK: values.break, NODE_NO_WARNINGS: "1" };
  const child = spawn(process.execPath, args, {
    cwd: at(),
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const results = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('{"')) say(line);
      else results.push(JSON.parse(line));
    }
    if (values.break && results.some(({ seed }) => seed !== undefined)) for (const each of children) each.kill();
  });
  child.on("close", (code) => resolve({ code, results }));
  return promise;
}

const began = performance.now();
const ends = await Promise.all(Array.from({ length: workers }, (_, index) => worker(index)));
const results = ends.flatMap((end) => end.results);
const found = results.filter(({ seed }) => seed !== undefined).sort((a, b) => a.seed - b.seed);
const sum = (name) => results.reduce((total, result) => total + (result[name] ?? 0), 0);
for (const { seed, violation, fault } of found) {
  say(`seed ${seed}: ${violation ?? fault}`);
  say(
    `  npm run simulate -- --seeds 1 --from ${seed} --trace${values.long ? " --long" : ""}${values.break ? ` --break ${values.break}` : ""}`,
  );
}
const hours = Math.round(sum("virtualHours"));
say(
  `${sum("lived")} seeds, ${sum("jobs")} jobs, ${hours} hours of their time in ${Math.round((performance.now() - began) / 1_000)} s: ${found.length} broke a guarantee`,
);
process.exitCode = found.length > 0 || ends.some(({ code }) => code !== 0) ? 1 : 0;
