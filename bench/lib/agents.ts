import { setTimeout as sleep } from "node:timers/promises";
import type { Row } from "./answer.ts";
import { controlPlane } from "./appos.ts";
import { type Crowd, crowd } from "./crowd.ts";
import { fleet } from "./fleet.ts";
import { ports, until } from "./places.ts";
import { memoryOf, processorSeconds } from "./process-state.ts";
import { type Program, start } from "./program.ts";
import { row, times } from "./question.ts";
import { steadyLoad } from "./steady-load.ts";

/** For files, and for who asks. */
const SPARE_FILES = 5_000;
/** Everybody comes for the first time within so long. */
const ARRIVE_MS = 10_000;
const SETTLE_MS = 5_000;
const PIECE_MS = 5_000;
const READS_PER_SECOND = 200;
const READ_SECONDS = times(40, 10) / 10;
const MINUTE_SECONDS = 60;

/** What its median has to stay below. */
export const below = (limit: number, unit: string) => ({ says: `< ${limit} ${unit}`, keeps: ({ here }: Row) => here.p50 < limit });

type Fleet = Awaited<ReturnType<typeof fleet>>;
type Limit = (row: Row) => boolean;

export interface Plan {
  agents: number;
  idleSeconds: number;
  budgets?: Partial<Record<"memory" | "idle" | "reads" | "back", { says: string; keeps: Limit }>>;
}

/** Puts so many agents on one control plane, and as many bare sockets on a bare server, and looks at both. */
export async function agentsOn({ agents, idleSeconds, budgets = {} }: Plan): Promise<Row[]> {
  const within = (name: keyof typeof budgets) => (budgets[name] ? { budget: budgets[name] } : {});
  const bare = await bareSockets(agents, idleSeconds);
  const place = await fleet(agents);
  const begin = async () => {
    const program = controlPlane(place.dataDir, "off", agents + SPARE_FILES);
    await program.says(/AppOS answers at/);
    return program;
  };
  const first = await begin();
  const sockets = crowd({ ...place, servers: place.servers, url: place.url.replace("http", "ws"), withinMs: ARRIVE_MS });
  await sockets.all();
  await sleep(SETTLE_MS);
  const idle = await watch(first.pid, idleSeconds);
  const busy = await busyTime(place, sockets, first.pid);
  const memory = memoryOf(first.pid).rss;
  const opens = sockets.opens();
  const back = await killAndReturn(first, begin, sockets, agents);
  const tries = (sockets.opens() - opens) / agents;

  const name = "bare ws server";
  const beside = (reading: number[]) => ({ name, readings: reading });
  return [
    row({ what: "resident, all connected and idle", unit: "MB", here: idle.memory, peer: beside(bare.memory), ...within("memory") }),
    row({ what: "resident, after jobs and reads", unit: "MB", here: [memory] }),
    row({ what: "of one core, idle", unit: "%", here: idle.share, peer: beside(bare.share), ...within("idle") }),
    row({ what: `of one core, with a job a minute each and ${READS_PER_SECOND} reads a second`, unit: "%", here: busy.share }),
    ...busy.reads.map(({ path, readings }) => row({ what: `GET /${path} meanwhile`, unit: "ms", here: readings, ...within("reads") })),
    row({ what: "POST /apps/:id/start meanwhile", unit: "ms", here: busy.orders }),
    row({
      what: "killed and started again → all connected",
      unit: "s",
      here: [back.seconds],
      peer: beside([bare.back.seconds]),
      ...within("back"),
    }),
    row({ what: "of a processor for each that came back", unit: "ms", here: [back.each], peer: beside([bare.back.each]) }),
    row({ what: "sockets opened for that, of each agent", unit: "×", here: [tries] }),
  ];
}

/** Piece by piece: its share of one core in %, and what it holds in MB. */
async function watch(pid: number, seconds: number) {
  const [share, memory]: [number[], number[]] = [[], []];
  for (let piece = 0; piece < (seconds * 1_000) / PIECE_MS; piece++) {
    const before = processorSeconds(pid);
    await sleep(PIECE_MS);
    share.push(((processorSeconds(pid) - before) / PIECE_MS) * 100_000);
    memory.push(memoryOf(pid).rss);
  }
  return { share, memory };
}

/** A job a minute for each agent, and the main reads at a steady rate, one after the other. */
async function busyTime({ url, admin: { headers }, apps, servers }: Fleet, sockets: Crowd, pid: number) {
  const paths = ["auth/me", "apps", `apps/${apps[1]}`, "servers", `servers/${servers[1]}`, "deployments", "activity"];
  const api = `${url}/api/v1`;
  const before = processorSeconds(pid);
  const began = performance.now();
  const ordering = steadyLoad({
    url: (n) => `${api}/apps/${apps[n % apps.length]}/start`,
    method: "POST",
    headers,
    perSecond: apps.length / MINUTE_SECONDS,
    seconds: paths.length * READ_SECONDS,
  });
  const reads = [];
  for (const path of paths) {
    const readings = await steadyLoad({ url: `${api}/${path}`, headers, perSecond: READS_PER_SECOND, seconds: READ_SECONDS });
    reads.push({ path: path.replace(/\/\w+_\w+/, "/:id"), readings });
  }
  const orders = await ordering;
  await until("every job is over", () => sockets.jobs() === orders.length);
  const share = [((processorSeconds(pid) - before) / (performance.now() - began)) * 100_000];
  return { reads, orders, share };
}

/** In seconds, from the kill to the last link; and what of a processor each of them took, in ms, the start included. */
async function killAndReturn(program: Program, begin: () => Promise<Program>, sockets: Crowd, count: number) {
  const killed = performance.now();
  program.signalGroup("SIGKILL");
  await program.ended;
  const { pid } = await begin();
  const seconds = ((await sockets.all(killed)) - killed) / 1_000;
  return { seconds, each: (processorSeconds(pid) * 1_000) / count };
}

/** The same of a server that does nothing but keep sockets open. */
async function bareSockets(count: number, idleSeconds: number) {
  const begin = async () => {
    const program = start(process.execPath, [`${import.meta.dirname}/bare-sockets.ts`], { files: count + SPARE_FILES });
    await program.says(/Bare sockets answer/);
    return program;
  };
  let program = await begin();
  const sockets = crowd({ url: `ws://127.0.0.1:${ports.peer}`, servers: Array.from({ length: count }, String), withinMs: ARRIVE_MS });
  await sockets.all();
  await sleep(SETTLE_MS);
  const idle = await watch(program.pid, idleSeconds / 3);
  const back = await killAndReturn(program, async () => (program = await begin()), sockets, count);
  await sockets.end();
  await program.stop();
  return { ...idle, back };
}
