import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { api, type Api } from "./api.ts";
import { atEnd } from "./ends.ts";
import { dist, folder, port as freePort } from "./places.ts";
import { killGroup, type Program, start } from "./program.ts";
import { until } from "./until.ts";

export const administrator = { email: "ada@example.org", name: "Ada", password: "correct horse battery" };

interface Options {
  port?: number;
  env?: Record<string, string>;
  /** Make the administrator at the first start, as somebody who automates would. */
  setUp?: boolean;
}

export type ControlPlane = Awaited<ReturnType<typeof controlPlane>>;

/** Starts the control plane that was built, with a data folder of its own; resolves when it answers. */
export async function controlPlane({ port, env = {}, setUp = true }: Options = {}) {
  const dataDir = env["APPOS_DATA_DIR"] ?? folder("data");
  const chosen = port ?? (await freePort());
  const environment = {
    APPOS_PORT: String(chosen),
    APPOS_DATA_DIR: dataDir,
    ...(setUp && { INIT_MODE: "auto", SUPERUSER_EMAIL: administrator.email, SUPERUSER_PASSWORD: administrator.password }),
    ...env,
  };
  const url = `http://127.0.0.1:${chosen}`;
  let program: Program;
  const begin = async () => {
    program = start(process.execPath, [join(dist, "control-plane/main.mjs")], { env: environment });
    await program.says(/AppOS answers at/);
  };
  const agentPid = () => {
    const file = join(dataDir, "agent/agent.pid");
    return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : undefined;
  };
  atEnd(async () => {
    program.signal("SIGTERM");
    await program.ended;
    const left = agentPid();
    if (left) killGroup(left, "SIGKILL");
  });
  await begin();
  return {
    url,
    dataDir,
    /** What it has printed since it was started last. */
    log: () => program.output(),
    setupUrl: async () => (await program.says(/http\S+\/setup\?token=\S+/))[0],
    agentPid,
    /** Ends the control plane, and nothing else, as a power cut would. */
    async kill9() {
      program.signal("SIGKILL");
      await program.ended;
    },
    pid: () => program.pid,
    isOver: () => program.isOver(),
    /** To the control plane alone. */
    signal: (signal: NodeJS.Signals) => void program.signal(signal),
    async stop() {
      program.signal("SIGTERM");
      return program.ended;
    },
    start: begin,
  };
}

/** A control plane with its administrator signed in, and this machine up as server `local`. */
export async function controlPlaneWithServer(options: Options = {}) {
  const controls = await controlPlane(options);
  const admin = await api(controls.url).signIn(administrator);
  await until("server local is up", () => isUp(admin, "local"));
  return { controls, admin };
}

/** Undefined until the server has said what it is. */
export async function isUp(admin: Api, name: string) {
  const server = await admin.server(name);
  return server.presence === "up" && server.linked && server.facts ? server : undefined;
}
