// dependency-cruiser passes when it finds no file to judge (it cannot read TypeScript 7), so passing also takes having looked.
import { existsSync } from "node:fs";
import { program } from "./lib/program.mjs";
import { at } from "./lib/root.mjs";

const ENOUGH = 150;
const folders = ["shared/src", "control-plane/src", "agent/src", "web/src", "simulation", "e2e", "bench"].filter((folder) =>
  existsSync(at(folder)),
);
const { code, output } = await program(at("node_modules/.bin/depcruise"), [...folders, "--output-type", "json"], { cwd: at() });
try {
  const { summary } = JSON.parse(output.slice(output.indexOf("{")));
  for (const { rule, from, to } of summary.violations) process.stdout.write(`${rule.name}: ${from} -> ${to}\n`);
  if (summary.totalCruised < ENOUGH) process.stdout.write(`Only ${summary.totalCruised} modules were read, of at least ${ENOUGH}\n`);
  process.exitCode = summary.violations.length > 0 || summary.totalCruised < ENOUGH ? 1 : 0;
} catch {
  process.stdout.write(`dependency-cruiser ended with ${code} and said:\n${output}\n`);
  process.exitCode = 1;
}
