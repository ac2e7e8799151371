// npm run chaos [-- --minutes N --seed S --servers 1|2 --report FILE]: builds, and puts the whole through faults on real processes.
import { spawn } from "node:child_process";
import { build } from "./build.mjs";
import { ensureDocker } from "./docker.mjs";
import { distribution, installPackages } from "./lib/debian.mjs";
import { at } from "./lib/root.mjs";
import { fail } from "./lib/say.mjs";

const packages = ["busybox-static", "iproute2", "iptables", "libfaketime", "openssl", "util-linux"];

try {
  if (process.getuid?.() !== 0) fail("Chaos needs root: it makes networks and disks of its own.");
  if (["debian", "ubuntu"].includes(distribution().ID)) await installPackages(packages);
  const docker = await ensureDocker({ plugins: ["compose"] });
  if (!docker.ready) fail(docker.sentence);
  if (!process.env.APPOS_E2E_DIST) await build();
} catch (error) {
  fail(error.message);
}
const chaos = spawn(process.execPath, [at("e2e/chaos/main.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => chaos.kill(signal));
chaos.on("close", (code) => (process.exitCode = code ?? 1));
