// npm start: builds what is older than its sources, sees to Docker, and runs the control plane until told to stop.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { build } from "./build.mjs";
import { ensureDocker } from "./docker.mjs";
import { endPrograms } from "./lib/program.mjs";
import { at } from "./lib/root.mjs";
import { fail, say } from "./lib/say.mjs";

const STOP_WITHIN_MS = 4_500;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
const exitCodeOf = (signal) => 128 + constants.signals[signal];

const local = process.env.APPOS_LOCAL_AGENT !== "off";
const parent = process.ppid;
let child;
let stopping;
let docker = { ready: true };

for (const signal of signals) process.on(signal, () => stop(signal));

// npm passes on most signals, but not SIGHUP or its own sudden death.
if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && stop("SIGHUP"), 500).unref();

/** Asks once; a terminal and npm both tell us of the same Ctrl-C. What does not end in time is ended. */
function stop(signal) {
  if (stopping) return;
  stopping = signal;
  if (!child) {
    endPrograms();
    process.exit(exitCodeOf(signal));
  }
  endGroup("SIGTERM");
  setTimeout(() => endGroup("SIGKILL"), STOP_WITHIN_MS);
}

/** The control plane leads a group of its own, with the agent it starts. */
function endGroup(signal) {
  try {
    process.kill(signal === "SIGKILL" ? -child.pid : child.pid, signal);
  } catch {
    // It has ended.
  }
}

function run() {
  const env = docker.ready ? process.env : { ...process.env, APPOS_DOCKER_PROBLEM: docker.sentence };
  child = spawn(process.execPath, [at("dist/control-plane/main.mjs")], { env, detached: true, stdio: ["ignore", "inherit", "inherit"] });
  child.on("error", (error) => fail(`The control plane could not be started: ${error.message}.`));
  child.on("close", (code, signal) => {
    if (stopping && docker.started) say("stopped; Docker Engine goes on, and with it your apps");
    process.exit(stopping === "SIGINT" || (stopping && code === 0) ? 0 : (code ?? exitCodeOf(signal)));
  });
}

try {
  const [, found] = await Promise.all([build(), local ? ensureDocker() : docker]);
  docker = found;
} catch (error) {
  endPrograms();
  fail(error.message);
}
if (!docker.ready) say(`${docker.sentence} Until then, no app can be deployed on this machine.`);
if (!stopping) run();
