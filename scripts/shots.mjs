// npm run shots [NAME…]: builds, and takes pictures of every page of the console (e2e/shots.ts) into e2e/screenshots/.
import { spawn } from "node:child_process";
import { build } from "./build.mjs";
import { ensureDocker } from "./docker.mjs";
import { at } from "./lib/root.mjs";
import { fail } from "./lib/say.mjs";

try {
  const docker = await ensureDocker({ plugins: ["compose", "buildx"] });
  if (!docker.ready) fail(docker.sentence);
  await build();
} catch (error) {
  fail(error.message);
}
const shots = spawn(process.execPath, [at("e2e/shots.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
shots.on("close", (code) => (process.exitCode = code ?? 1));
