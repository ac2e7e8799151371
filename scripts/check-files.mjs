// No source file is too long, and none names a package registry or mirror: where packages come from is the machine's affair.
import { readFileSync } from "node:fs";
import { program } from "./lib/program.mjs";
import { at } from "./lib/root.mjs";

const LONGEST = 300;
const source = /\.(ts|mjs|cjs|js|svelte|css|sh)$/;
const generated = /(^|\/)(migrations|node_modules)\//;
const host =
  /\b(registry|deb|archive|security|ports)\.(npmjs|yarnpkg|debian|ubuntu|nodesource)\.(org|com)\b|\b(npmjs|yarnpkg)\.(org|com)\b/i;

const { output } = await program("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: at() });
const read = (name) => {
  try {
    return readFileSync(at(name), "utf8");
  } catch {
    return "";
  }
};
const files = output.split("\0").filter(Boolean);
const problems = files.filter((name) => host.test(read(name))).map((name) => `${name} names the host of a package registry or mirror`);

const lengths = new Map();
for (const name of files.filter((file) => source.test(file) && !generated.test(file))) {
  const lines = read(name).split("\n").length - 1;
  if (lines > LONGEST) problems.push(`${name} has ${lines} lines; ${LONGEST} is the most`);
  const [top] = name.split("/");
  if (lines > 0) lengths.set(top, [...(lengths.get(top) ?? []), lines]);
}
const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
for (const [top, all] of lengths) {
  const sorted = all.toSorted((a, b) => a - b);
  if (sorted.length > 2)
    process.stdout.write(
      `      ${top.padEnd(14)} ${String(sorted.length).padStart(4)} files, lines: median ${share(sorted, 0.5)}, p90 ${share(sorted, 0.9)}, most ${sorted.at(-1)}\n`,
    );
}
process.stdout.write(problems.map((problem) => `${problem}\n`).join(""));
process.exitCode = problems.length > 0 ? 1 : 0;
