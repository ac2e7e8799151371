// Is there a Docker Engine with Compose v2, and if not: may we install one, and how?
import { spawn } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { distribution, installPackages, unpackFromRelease } from "./lib/debian.mjs";
import { program, waitFor, whereIs } from "./lib/program.mjs";
import { say } from "./lib/say.mjs";

const socketOf = (host) => (host?.startsWith("unix://") ? host.slice("unix://".length) : host ? undefined : "/var/run/docker.sock");
const tcpOf = (host) => (/^(tcp|http):\/\//.test(host ?? "") ? new URL(host.replace(/^tcp:/, "http:")) : undefined);

/** Does an engine answer where DOCKER_HOST, or the usual socket, says? */
export async function engineAnswers(host = process.env.DOCKER_HOST) {
  const socketPath = socketOf(host);
  const address = tcpOf(host);
  if (socketPath) return pings({ socketPath });
  if (address && !process.env.DOCKER_TLS_VERIFY) return pings({ host: address.hostname, port: address.port || 2375 });
  return (await program("docker", ["version", "--format", "{{.Server.Version}}"], { timeoutMs: 10_000 })).code === 0;
}

/** False where a socket is there that this user may not open. */
function mayUse(socketPath) {
  try {
    accessSync(socketPath, constants.W_OK);
  } catch (error) {
    return error.code !== "EACCES";
  }
  return true;
}

function pings(where) {
  const { promise, resolve } = Promise.withResolvers();
  const asked = request({
    ...where,
    path: "/_ping",
    timeout: 3000,
    createConnection: () => connect(where.socketPath ? { path: where.socketPath } : where),
  });
  asked.on("response", (response) => resolve(response.resume().statusCode === 200));
  asked.on("timeout", () => asked.destroy());
  asked.on("error", () => resolve(false));
  asked.end();
  return promise;
}

/** Compose v2 and buildx are plug-ins of the docker client. */
export async function hasPlugin(name) {
  const { code, output } = await program("docker", [name, "version"], { timeoutMs: 10_000 });
  return code === 0 && (name !== "compose" || /v?(?:[2-9]|\d\d)\.\d+/.test(output));
}

async function whatIsMissing(plugins) {
  const missing = [];
  if (!(await engineAnswers())) missing.push("engine");
  for (const name of plugins) if (!(await hasPlugin(name))) missing.push(name);
  return missing;
}

/** How this distribution names what is needed; undefined where AppOS installs nothing by itself. */
function recipe({ ID, VERSION_CODENAME } = distribution()) {
  if (ID === "ubuntu") return { engine: ["docker.io", "iptables"], compose: "docker-compose-v2", buildx: "docker-buildx" };
  if (ID !== "debian") return undefined;
  // Compose v2 came to Debian with trixie; its packages need nothing that bookworm lacks.
  if (VERSION_CODENAME === "bookworm")
    return { engine: ["docker.io", "iptables"], compose: "docker-compose", buildx: "docker-buildx", pluginsFrom: "trixie" };
  if (["bullseye", "buster"].includes(VERSION_CODENAME)) return undefined;
  return { engine: ["docker.io", "docker-cli", "iptables"], compose: "docker-compose", buildx: "docker-buildx" };
}

const advice =
  "Install Docker Engine with the Compose v2 plug-in (packages docker.io and docker-compose-v2, or those of Docker itself) and start AppOS again.";
const wordsFor = { engine: "Docker Engine", compose: "Docker Compose v2", buildx: "Docker buildx" };
const listed = (missing) => missing.map((name) => wordsFor[name]).join(" and ");

/**
 * Sees to it that an engine answers and has the plug-ins.
 * Answers { ready: true, started } or { ready: false, sentence }, where the sentence says what to do.
 */
export async function ensureDocker({ plugins = ["compose"], mayInstall = process.env.APPOS_INSTALL_DOCKER !== "no" } = {}) {
  const missing = await whatIsMissing(plugins);
  if (missing.length === 0) return { ready: true };
  const refusal = whyNotInstall(missing, mayInstall);
  if (refusal) return { ready: false, sentence: refusal };
  return installLocked(plugins, missing.includes("engine"));
}

/** Why AppOS leaves the machine as it is, or undefined. */
function whyNotInstall(missing, mayInstall) {
  const engine = missing.includes("engine");
  const host = process.env.DOCKER_HOST;
  if (engine && host) return `No Docker Engine answers at DOCKER_HOST (${host}).`;
  if (engine && !mayUse("/var/run/docker.sock"))
    return "This user may not talk to the Docker Engine of this machine. Add the user to the group docker, log in again and start AppOS again.";
  const lacking = engine ? "No Docker Engine answers on this machine" : `${listed(missing)} is missing on this machine`;
  if (!mayInstall) return `${lacking}, and APPOS_INSTALL_DOCKER=no keeps AppOS from installing it. ${advice}`;
  if (process.getuid?.() !== 0) return `${lacking}, and AppOS installs it only as root. ${advice}`;
  if (!recipe()) return `${lacking}, and AppOS installs it only on Debian 12 or newer and on Ubuntu. ${advice}`;
  return undefined;
}

/** Two runs at once: the second waits for the lock and then finds everything there. flock keeps it from the programs we start. */
async function installLocked(plugins, started) {
  const { promise, resolve } = Promise.withResolvers();
  mkdirSync("/run/lock", { recursive: true });
  const locked = ["--close", "/run/lock/appos-docker.lock", process.execPath, fileURLToPath(import.meta.url), "--install", ...plugins];
  const child = spawn("flock", locked, { stdio: ["ignore", "inherit", "pipe"] });
  let why = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (why += text));
  child.on("error", () => resolve(1));
  child.on("close", resolve);
  await promise;
  const missing = await whatIsMissing(plugins);
  if (missing.length === 0) return { ready: true, started };
  return { ready: false, sentence: `${listed(missing)} could not be made ready. ${why.trim() || advice}` };
}

async function install(plugins) {
  const missing = await whatIsMissing(plugins);
  const packages = recipe();
  const installed = whereIs("dockerd") !== undefined && whereIs("docker") !== undefined;
  const fetched = missing.filter((name) => name !== "engine" || !installed);
  if (fetched.length > 0)
    say(`${listed(fetched)} missing: installing from the packages of ${distribution().PRETTY_NAME} (APPOS_INSTALL_DOCKER=no refuses)`);
  if (fetched.includes("engine") || !whereIs("docker")) await installPackages(packages.engine);
  const wanted = fetched.filter((name) => name !== "engine").map((name) => packages[name]);
  if (wanted.length > 0 && !packages.pluginsFrom) await installPackages(wanted);
  if (wanted.length > 0 && packages.pluginsFrom) await placePlugins(packages.pluginsFrom, wanted);
  if (!(await engineAnswers())) await startEngine();
}

async function placePlugins(suite, packages) {
  const target = "/usr/local/lib/docker/cli-plugins";
  const unpacked = mkdtempSync("/var/tmp/appos-plugins-");
  try {
    await unpackFromRelease(suite, packages, unpacked);
    mkdirSync(target, { recursive: true });
    for (const name of packages) {
      const file = join(target, name);
      copyFileSync(join(unpacked, "usr/libexec/docker/cli-plugins", name), `${file}.new`);
      chmodSync(`${file}.new`, 0o755);
      renameSync(`${file}.new`, file);
    }
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

const engineUp = (seconds) => waitFor(engineAnswers, { seconds });

/** The machine's own service manager first; where there is none, the engine in a session of its own. */
/** An engine that was killed leaves its number behind; where another program has it by now, a new engine would wait for that one. */
function forgetDead(pidFile, name) {
  try {
    const pid = readFileSync(pidFile, "utf8").trim();
    const alive = existsSync(`/proc/${pid}/comm`) && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name;
    if (!alive) rmSync(pidFile, { force: true });
  } catch {
    // There is none.
  }
}

async function startEngine() {
  say("starting Docker Engine");
  forgetDead("/var/run/docker.pid", "dockerd");
  forgetDead("/var/run/docker/containerd/containerd.pid", "containerd");
  if (existsSync("/run/systemd/system")) {
    await program("systemctl", ["enable", "--now", "docker.service"]);
    if (await engineUp(30)) return;
  }
  if (existsSync("/etc/init.d/docker") && whereIs("service")) {
    const { code } = await program("service", ["docker", "start"], { timeoutMs: 30_000 });
    if (await engineUp(code === 0 ? 15 : 1)) return;
  }
  const log = openSync("/var/log/appos-dockerd.log", "a");
  const { PATH, HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = process.env;
  const env = {
    PATH: `${PATH}:/usr/local/sbin:/usr/sbin:/sbin`,
    ...(HTTP_PROXY && { HTTP_PROXY }),
    ...(HTTPS_PROXY && { HTTPS_PROXY }),
    ...(NO_PROXY && { NO_PROXY }),
  };
  spawn("dockerd", [], { detached: true, cwd: "/", env, stdio: ["ignore", log, log] })
    .on("error", () => {})
    .unref();
  if (!(await engineUp(60))) throw new Error("Docker Engine was started but does not answer; see /var/log/appos-dockerd.log.");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [verb, ...plugins] = process.argv.slice(2);
  try {
    if (verb === "--install") await install(plugins);
    else {
      const { ready, sentence } = await ensureDocker({ plugins: verb === "--buildx" ? ["compose", "buildx"] : ["compose"] });
      say(ready ? "Docker Engine and Compose v2 are ready" : sentence);
      process.exitCode = ready ? 0 : 1;
    }
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
