import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { AGENT_ENVIRONMENT, AGENT_NODE_FLAGS } from "@appos/shared/agent-runtime";
import { errorText } from "../../errors.ts";
import type { Log } from "../../ports.ts";
import type { Services } from "../../services.ts";

const LOCAL = "local";
const LOOK_AGAIN_MS = 15_000;
const STOP_MS = 3_500;

const POLICY = `# What this machine allows its control plane. AppOS wrote this once, when it made this machine a server; it is yours now.
# The control plane runs on this very machine: whoever holds it holds the machine already, so a terminal gives nothing away.
# On other servers terminals are off until their owner allows them. "appos-agent policy show" explains every rule.
terminals:
  host: true
`;

export interface Place {
  /** The agent's program, and its folder. */
  program: string;
  folder: string;
  /** Where the control plane answers, on this machine. */
  url: string;
  environment: NodeJS.ProcessEnv;
}

/**
 * Keeps this machine's own agent: enrolled as `local` once a Docker Engine answers, started again when it ends. Without
 * services, where AppOS has moved away, it goes on as what it is.
 */
export function localAgent(services: Services | undefined, place: Place, log: Log) {
  let child: ChildProcess | undefined;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let problem: string | null = null;

  const later = (task: () => Promise<void>, ms: number) => {
    if (!stopping) timer = setTimeout(() => void task().catch(tryAgain), ms);
  };

  function tryAgain(error: unknown) {
    log.error("this machine's agent could not be started", { error: errorText(error) });
    problem = "This machine's agent could not be started; AppOS tries again. Its log says why.";
    later(begin, LOOK_AGAIN_MS);
  }

  async function begin() {
    if (services && !(await isServer(services))) return;
    // An agent of ours may have outlived a control plane that was killed: it has work to finish.
    if ((await holder()) === undefined) start();
    else later(watch, LOOK_AGAIN_MS / 15);
  }

  /** Whether this machine is server `local`, now if not before; where it cannot be yet, it is tried again. */
  async function isServer(services: Services): Promise<boolean> {
    if (!/^http:\/\/(127\.|localhost|\[::1\])/.test(place.url)) {
      problem = `AppOS listens at ${place.url} only, and this machine's own agent talks to it over the loopback address. Use APPOS_HOST=0.0.0.0 or 127.0.0.1.`;
      return false;
    }
    if (!(await dockerAnswers())) {
      problem =
        place.environment["APPOS_DOCKER_PROBLEM"] ??
        "No Docker Engine answers on this machine. Install Docker Engine with Compose v2 and start it; AppOS then takes this machine in by itself.";
      later(begin, LOOK_AGAIN_MS);
      return false;
    }
    if (await isElsewhere(services)) {
      problem =
        "Server local is another machine, from before AppOS moved here. Set APPOS_LOCAL_AGENT=off; or remove server local, and this machine takes its place.";
      later(begin, LOOK_AGAIN_MS);
      return false;
    }
    problem = null;
    if (!(await enrolled(services))) {
      await enroll(services);
      // One that outlived its control plane still holds the key and the address it had.
      const former = await holder();
      if (former !== undefined) kill(former, "SIGTERM");
    }
    return true;
  }

  async function watch() {
    if ((await holder()) === undefined) start();
    else later(watch, LOOK_AGAIN_MS / 15);
  }

  const identityHere = async () => Identity.safeParse(await json(join(place.folder, "agent.json"))).data;

  /** Whoever is `local` already is not pushed aside by a machine that never was. */
  async function isElsewhere({ servers }: Services): Promise<boolean> {
    const local = await servers.find(LOCAL).catch(() => undefined);
    // One that was never up may be this machine, ended in the middle of its enrollment.
    return local?.facts != null && (await identityHere())?.serverId !== local.id;
  }

  async function enrolled(services: Services): Promise<boolean> {
    const identity = await identityHere();
    if (!identity || identity.url !== place.url) return false;
    return (await services.servers.publicKey(identity.serverId)) !== undefined;
  }

  async function enroll(services: Services) {
    const existing = await services.servers.find(LOCAL).catch(() => undefined);
    const { token } = existing
      ? await services.servers.enrollAgain(existing.id, place.url, null)
      : (await services.servers.add({ name: LOCAL }, place.url, null)).enrollment;
    const { id } = await services.system.identity();
    const first = (await json(join(place.folder, "agent.json"))) === undefined;
    const args = [place.program, "enroll", "--replace", "--url", place.url, "--key", id];
    await promisify(execFile)(process.execPath, args, { env: { ...environment(), APPOS_ENROLLMENT_TOKEN: token } });
    if (first) await allowHostTerminals();
  }

  /** Where there is no policy yet; one that is there is its owner's. */
  async function allowHostTerminals() {
    await writeFile(join(place.folder, "policy.yaml"), POLICY, { flag: "wx", mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }

  const environment = (): NodeJS.ProcessEnv => {
    const { PATH, HOME, DOCKER_HOST, NODE_OPTIONS, APPOS_LOG, APPOS_LOG_LEVEL, APPOS_PROXY_PORTS, APPOS_PROXY_IMAGES, APPOS_DNS } =
      place.environment;
    const own = {
      APPOS_LOG,
      APPOS_LOG_LEVEL: APPOS_LOG_LEVEL ?? "warn",
      APPOS_AGENT_DIR: place.folder,
      APPOS_PROXY_PORTS,
      APPOS_PROXY_IMAGES,
      APPOS_DNS,
    };
    return { PATH, HOME, DOCKER_HOST, NODE_OPTIONS, ...own };
  };

  function start(failures = 0) {
    const startedAt = Date.now();
    child = spawn(process.execPath, [...AGENT_NODE_FLAGS, place.program, "run"], {
      env: { ...environment(), ...AGENT_ENVIRONMENT },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.on("error", (error) => log.error("the local agent could not be started", { error: error.message }));
    child.on("close", (code) => {
      child = undefined;
      if (stopping) return;
      const next = Date.now() - startedAt > 60_000 ? 0 : failures + 1;
      log.warn("the local agent ended; it is started again", { code });
      later(async () => start(next), Math.min(30_000, 500 * 2 ** next));
    });
  }

  /** The process that runs as this machine's agent, whoever started it. */
  async function holder(): Promise<number | undefined> {
    const [pid = "", began] = (await readFile(join(place.folder, "agent.pid"), "utf8").catch(() => "")).split(" ");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return began !== undefined && stat.replace(/^.*\) /s, "").split(" ")[19] === began ? Number(pid) : undefined;
  }

  return {
    begin: () => later(begin, 0),
    problem: () => problem,
    /** Which of the servers this machine is. */
    async server(): Promise<{ id: string } | { problem: string }> {
      const id = (await identityHere())?.serverId;
      if (id !== undefined && (await services?.servers.publicKey(id)) !== undefined) return { id };
      return { problem: problem ?? "This machine is not yet a server. AppOS takes it in by itself; wait a moment." };
    },
    /** Resolves once no agent of ours runs any more. */
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const pid = child?.pid ?? (await holder());
      if (pid === undefined) return;
      kill(pid, "SIGTERM");
      for (const end = Date.now() + STOP_MS; Date.now() < end && alive(pid);) await new Promise((done) => setTimeout(done, 25));
      kill(pid, "SIGKILL");
    },
  };
}

const Identity = z.object({ url: z.string(), serverId: z.string() });

async function json(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

function kill(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

function alive(pid: number) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether an engine answers on this machine's socket, or on the one that DOCKER_HOST names. */
function dockerAnswers(): Promise<boolean> {
  const socketPath = /^unix:\/\/(.+)$/.exec(process.env["DOCKER_HOST"] ?? "")?.[1] ?? "/var/run/docker.sock";
  return new Promise((answer) => {
    const asked = request({ socketPath, path: "/_ping", timeout: 3_000 }, (reply) => {
      reply.resume();
      answer(reply.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy()).on("error", () => answer(false));
    asked.end();
  });
}
