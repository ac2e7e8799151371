import { createInterface } from "node:readline/promises";
import { cli } from "./host/cli.ts";

// Whoever read our output may have left: `appos-agent status | head -1`.
process.stdout.on("error", () => process.exit(0));

const NODE = 24;
if (Number.parseInt(process.versions.node, 10) < NODE) {
  process.stderr.write(`appos-agent: This needs Node ${NODE} or newer, and is run by ${process.version}.\n`);
  process.exit(1);
}

process.exitCode = await cli(process.argv.slice(2), process.env, {
  say: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  interactive: process.stdin.isTTY === true,
  screen: process.stdout.isTTY === true,
  async readLine(prompt) {
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
    if (process.stdin.isTTY) process.stderr.write(prompt);
    for await (const line of lines) return line;
    return "";
  },
});
