import { scrypt, webcrypto } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROTOCOL_VERSION, proofText } from "@appos/shared/agent-link";
import { dataFrame, readDataFrame } from "@appos/shared/streams";
import { onTestFinished } from "vitest";
import { createApp } from "../../../app.ts";
import type { Log, Ports } from "../../../ports.ts";
import { createServices, type Services } from "../../../services.ts";
import { ADMIN, asker } from "../../asker.ts";
import { natsServer } from "../../nats-server.ts";
import { sqld } from "../../sqld.ts";
import { openDatabase } from "../database.ts";
import { cluster } from "./cluster.ts";

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number }, Buffer>(scrypt);
const base64Url = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("base64url");
let nats: Awaited<ReturnType<typeof natsServer>>;
let libsql: Awaited<ReturnType<typeof sqld>>;
let key = 0;
/** Starts what they share: NATS and a libSQL server. */
export async function begin() {
  [nats, libsql] = [await natsServer(), await sqld()];
}
export const end = async () => void (await nats.kill9(), await libsql.kill9());

export const soon = (ms = 30) => new Promise<void>((done) => setTimeout(done, ms));
export async function until<T>(what: string, look: () => T | Promise<T>, withinMs = 10_000): Promise<NonNullable<T>> {
  for (const end = Date.now() + withinMs; ; await soon()) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Not in time: ${what}`);
  }
}

/** One of several control planes, in this process. */
export async function controlPlane(master: Uint8Array) {
  const logged: string[] = [];
  const note = (message: string, fields?: object) => void logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { debug: () => {}, info: note, warn: note, error: note };
  const folder = join(import.meta.dirname, "../../../../migrations");
  const database = await openDatabase(libsql.url, undefined, folder, () => {});
  const hash = async (password: string, salt: Uint8Array, length: number) =>
    new Uint8Array(await derive(password, salt, length, { N: 2, r: 1, p: 1 }));
  const keys: Ports["keys"] = { master, scrypt: (password, salt, { length }) => hash(password, salt, length) };
  const membership = await cluster([nats.url], keys, log, () => services);
  const services: Services = createServices({
    database,
    holder: membership.holder!,
    rooms: membership.rooms,
    events: membership.events,
    clock: { now: Date.now, elapsed: () => performance.now() },
    keys,
    downloads: { installer: async () => "", checksum: async () => undefined, archive: async () => undefined },
    catalog: { index: async () => "[]", template: async () => undefined },
    outbound: { allowed: { hosts: new Set(), networks: [] }, ask: async () => new Response(null, { status: 404 }) },
    log,
    settings: {
      version: "0.0.0",
      publicUrl: "https://appos.example.org",
      samples: "always",
      localProblem: () => null,
      consoleServer: async () => ({ problem: "There is none." }),
      retention: { jobDays: 365, logDays: 90, logBytes: 2 ** 31 },
    },
  });
  await membership.begin();
  let there = true;
  /** As `kill -9` does it: nothing is given back. */
  const die = async () => {
    if (there) await membership.close();
    there = false;
  };
  onTestFinished(async () => {
    if (there) await membership.stop();
    await die();
  });
  return { app: createApp(services, { address: () => "192.0.2.1", log }), services, membership, database, logged, die };
}

/** Two of them, with a server each test has for itself. */
export async function world() {
  const master = new Uint8Array(32).fill(++key);
  const [a, b] = [await controlPlane(master), await controlPlane(master)];
  await a.services.auth.setupFromEnvironment(ADMIN).catch(() => {});
  const login = await asker(a.app)("/api/v1/auth/login", { json: { email: ADMIN.email, password: ADMIN.password } });
  const mine = { cookie: login.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" };
  const [askA, askB] = [asker(a.app, mine), asker(b.app, mine)];
  const { server, enrollment } = (await askA("/api/v1/servers", { json: { name: `server-${key}` } })).data;
  const pair = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const publicKey = base64Url(await webcrypto.subtle.exportKey("raw", pair.publicKey));
  const { controlPlaneId } = (await askB("/api/v1/agent/enroll", { json: { token: enrollment.token, publicKey } })).data;
  const serverId: string = server.id;

  /** The server's agent comes to one of them, and proves itself. `answers`: whether it answers when it is asked whether it is there. */
  async function connect(to: typeof a, { answers = false } = {}) {
    const said: Record<string, unknown>[] = [];
    const bytes: Uint8Array[] = [];
    const closed: number[] = [];
    const heard = (type: string) => said.filter((frame) => frame["type"] === type);
    const link = to.membership.local.join(serverId, {
      send: (text) => void said.push(JSON.parse(text) as Record<string, unknown>),
      sendBytes: (frame) => void bytes.push(readDataFrame(frame)!.payload),
      close(code) {
        closed.push(code);
        void link.leave();
      },
      alive: async () => answers && closed.length === 0,
    });
    const says = (frame: object) => link.receive(JSON.stringify(frame));
    await link.joined;
    const agentNonce = base64Url(crypto.getRandomValues(new Uint8Array(32)).buffer);
    await says({ type: "hello", protocol: PROTOCOL_VERSION, serverId, nonce: agentNonce, agentVersion: "0" });
    const controlNonce = heard("challenge")[0]!["nonce"] as string;
    const proof = Buffer.from(proofText({ agentNonce, controlNonce, controlPlaneId, serverId }));
    const signature = base64Url(await webcrypto.subtle.sign("Ed25519", pair.privateKey, proof));
    await says({ type: "proof", signature, journal: "j", jobs: [], lanes: 3, seen: null });
    const output = (streamId: number, data: Uint8Array) => link.receiveBytes(dataFrame(streamId, data));
    return { heard, says, bytes, closed, output, leave: () => link.leave() };
  }
  const presence = async () => (await askA(`/api/v1/servers/${serverId}`)).data as { presence: string; linked: boolean };
  const timeline = async () =>
    (await askA(`/api/v1/servers/${serverId}/timeline`)).data.items.map(({ what }: { what: string }) => what) as string[];
  /** A browser comes to a terminal of the server through B. */
  async function watch(to = b, ask = askB) {
    const { data: ticket } = await ask(`/api/v1/servers/${serverId}/terminal`, { json: {} });
    const admission = await to.services.terminals.admit(ticket.ticket, { kind: "servers", idOrName: serverId }, true);
    const frames: { type: string }[] = [];
    const closed: number[] = [];
    const shown = { bytes: 0 };
    const view = { after: 0, cols: 80, rows: 24 };
    const link = to.membership.local.watch(admission!, view, {
      send: (text) => void frames.push(JSON.parse(text)),
      sendBytes: (data) => void (shown.bytes += data.length),
      close: (code) => void closed.push(code),
    });
    return { ...link, frames, closed, shown, session: ticket.session as string };
  }
  const streamOf = async (agent: Awaited<ReturnType<typeof connect>>) =>
    (await until("a stream is opened", () => agent.heard("open-stream").at(-1)))["streamId"] as number;
  return { a, b, askA, askB, serverId, master, connect, presence, timeline, watch, streamOf };
}
