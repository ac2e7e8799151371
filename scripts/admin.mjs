// npm run admin -- COMMAND, and npm run migrate: works on what AppOS keeps, with AppOS stopped.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { buildAdmin } from "./build.mjs";
import { at } from "./lib/root.mjs";
import { fail } from "./lib/say.mjs";

// What a command prints may go to another program.
const print = process.stdout.write;
process.stdout.write = process.stderr.write.bind(process.stderr);
try {
  await buildAdmin();
} catch (error) {
  fail(error.message);
}
process.stdout.write = print;
const child = spawn(process.execPath, [at("dist/control-plane/admin.mjs"), ...process.argv.slice(2)], { stdio: "inherit" });
// The terminal tells both of Ctrl-C; what is being written is ended by the program itself.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`appos-admin could not be started: ${error.message}.`));
child.on("close", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
