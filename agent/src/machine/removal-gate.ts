import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { engineAddress } from "./docker-client.ts";
import type { RunOptions } from "./machine.ts";

type Before = NonNullable<RunOptions["beforeRemoval"]>;

/** A socket's path may be no longer. */
const PATH_BYTES = 100;
/** A removal waits no longer than this. */
const WAIT_MS = 20_000;
const asked = /^\/(?:v[\d.]+\/)?containers\/([\w.-]+)(\/stop|\/kill)?(?:\?|$)/;

/**
 * Runs something that is to reach the engine through a socket of its own, at which its removals of containers are heard before they are
 * passed on. Where there can be no such socket it goes to the engine itself.
 */
export async function beforeRemovals<T>(
  folder: string,
  dockerHost: string | undefined,
  before: Before,
  run: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const gates = join(folder, "gates");
  const path = join(gates, `${process.pid}-${randomUUID().slice(0, 8)}`);
  const engine = engineAddress(dockerHost);
  const server = createServer((from, to) => void pass(from, to, engine, before));
  server.on("upgrade", (from, socket, head) => tunnel(from, socket, head, engine));
  // Whoever keeps a connection for later must find it open.
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  if (path.length > PATH_BYTES) return run({});
  try {
    mkdirSync(gates, { recursive: true, mode: 0o700 });
    clearAway(gates);
    await new Promise<void>((resolve, reject) => server.on("error", reject).listen(path, resolve));
  } catch {
    return run({});
  }
  try {
    return await run({ DOCKER_HOST: `unix://${path}` });
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(path, { force: true });
  }
}

/** What processes have left there that were killed. */
function clearAway(gates: string) {
  for (const name of readdirSync(gates)) if (!existsSync(`/proc/${name.split("-")[0]}`)) rmSync(join(gates, name), { force: true });
}

type Address = ReturnType<typeof engineAddress>;

async function pass(from: IncomingMessage, to: ServerResponse, engine: Address, before: Before) {
  await heed(from, before);
  // Who has gone meanwhile asks for nothing any more.
  if (from.socket.destroyed) return;
  const { method, url, headers } = from;
  const passed = request({ ...engine, agent: false, method, path: url, headers }, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    to.flushHeaders();
    answer.on("error", () => to.destroy()).pipe(to);
  });
  // An engine that went away looks from there as it does from here.
  passed.on("error", () => from.socket.destroy());
  to.on("close", () => passed.destroy());
  from.pipe(passed);
}

async function heed({ method, url = "" }: IncomingMessage, before: Before) {
  const [, container, stop] = asked.exec(url) ?? [];
  if (!container) return;
  if (method === "POST" && stop) void before(container, "stop").catch(() => {});
  if (method !== "DELETE" || stop) return;
  const late = new AbortController();
  const waited = sleep(WAIT_MS, undefined, { signal: late.signal });
  await Promise.race([before(container, "remove"), waited]).catch(() => {});
  late.abort();
  waited.catch(() => {});
}

/** What is no longer HTTP goes through as it is. */
function tunnel({ method, url, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer, engine: Address) {
  const upstream = "socketPath" in engine ? connect(engine.socketPath) : connect(engine.port, engine.host);
  const fields = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}\r\n`] : []));
  upstream.write(`${method} ${url} HTTP/1.1\r\n${fields.join("")}\r\n`);
  upstream.write(head);
  upstream.pipe(socket).pipe(upstream);
  upstream.on("error", () => socket.destroy());
  socket.on("error", () => upstream.destroy());
}
