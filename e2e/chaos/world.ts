import { join } from "node:path";
import { api } from "../world/api.ts";
import { administrator, controlPlane } from "../world/control-plane.ts";
import { docker } from "../world/docker.ts";
import { buildImages } from "../world/images.ts";
import { folder, port as freePort } from "../world/places.ts";
import { certificateFor } from "../world/tls.ts";
import { chaosAgent } from "./agent.ts";
import { type Docker, engineFront } from "./engine-front.ts";
import { readLedger } from "./ledger.ts";
import { serverNetwork } from "./network.ts";
import { chaosProxy } from "./proxy.ts";
import { random } from "./random.ts";

export type World = Awaited<ReturnType<typeof world>>;
export type Server = World["servers"][number];

interface Options {
  seed?: number;
  /** A folder for the control plane's data, where that is to be on a disk of its own; and what its program is told. */
  dataDir?: string;
  controlPlaneEnv?: Record<string, string>;
  /** The same for its first agent. */
  agentHome?: string;
  agentEnv?: Record<string, string>;
  /** The socket of another engine than this machine's, and how to ask it. */
  engine?: { socket: string; docker: Docker };
}

let images: Promise<void> | undefined;

/** A control plane, and an agent in a network of its own that reaches it through a wire whose weather is ours to make. */
export async function world({ seed = 1, dataDir, controlPlaneEnv = {}, agentHome, agentEnv = {}, engine }: Options = {}) {
  await (images ??= buildImages());
  const controls = await controlPlane({
    port: await freePort(),
    env: { APPOS_LOCAL_AGENT: "off", APPOS_LOG: "json", ...(dataDir && { APPOS_DATA_DIR: dataDir }), ...controlPlaneEnv },
  });
  const admin = await api(controls.url).signIn(administrator);
  const chance = random(seed);
  const ledger = join(folder("ledger"), "ledger.jsonl");
  const deaths = new Map<number, number>();
  const { host } = await engineFront(engine?.socket);

  async function addServer(name: string, home?: string, env: Record<string, string> = {}) {
    const network = await serverNetwork();
    const certificate = await certificateFor(network.near);
    const to = Number(new URL(controls.url).port);
    const proxy = await chaosProxy({ host: network.near, to, certificate, random: chance.branch(name) });
    const agent = await chaosAgent({
      admin,
      name,
      network,
      url: proxy.url,
      ca: certificate.ca,
      ...(home !== undefined && { home }),
      env: { APPOS_LEDGER: ledger, APPOS_LOG: "json", DOCKER_HOST: host, ...env },
      deaths,
    });
    return { network, proxy, agent };
  }

  const first = await addServer("tokyo", agentHome, agentEnv);
  const servers = [first];
  return {
    controls,
    admin,
    deaths,
    random: chance,
    docker: engine?.docker ?? (docker as Docker),
    ledger: () => readLedger(ledger),
    servers,
    ...first,
    async addServer(name: string) {
      const server = await addServer(name);
      servers.push(server);
      return server;
    },
  };
}
