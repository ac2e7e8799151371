import { randomBytes, webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import { proofText, PROTOCOL_VERSION, SUBPROTOCOL } from "@appos/shared/agent-link";
import { TERMINAL_SUBPROTOCOL, type TerminalFrame, type TerminalTicket } from "@appos/shared/terminals";
import { createClient } from "@libsql/client";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/libsql";
import { setupLinks } from "../../features/auth/setup-links.ts";
import { migrateDatabase } from "../migrations.ts";
import { lossy, sqld } from "../sqld.ts";

const root = join(import.meta.dirname, "../../../..");
const ADMIN = { email: "ada@example.org", password: "correct horse battery", name: "Ada" };
const base64Url = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("base64url");

/** workerd keeps a socket that was closed for ten seconds. Types do not know this of ws yet. */
const impatience = { closeTimeout: 500 };
/** Whoever waits for an answer of the database, or hands an event on, has it within this time. */
const QUIET_MS = 300;

/** What is used of wrangler's test harness, which is no dependency of the workspace: tools/edge. */
interface Harness {
  listen(): Promise<{ url: URL }>;
  close(): Promise<void>;
  update(options: (now: object) => object): Promise<void>;
  getLogs(): { level: string; message: string }[];
  getWorker(): {
    scheduled(options: { cron: string }): Promise<{ outcome: string }>;
    evictDurableObject(binding: string, options: { name: string; webSockets: "close" | "hibernate" }): Promise<void>;
  };
}
interface Reply {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any;
  error: { code: string } | undefined;
  headers: Headers;
}

/** Waits until something is so. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  within = 15_000,
): Promise<T> {
  for (const began = Date.now(); ; await new Promise((go) => setTimeout(go, 20))) {
    const found = await ask();
    if (found) return found;
    if (Date.now() - began > within) throw new Error(`It never came about that ${what}`);
  }
}

/** AppOS as a worker in workerd, set up, over a libSQL server of its own. */
export async function edgeWorld(more: Record<string, string> = {}) {
  const database = await sqld();
  const client = createClient({ url: database.url });
  await migrateDatabase(client, readMigrationFiles({ migrationsFolder: join(root, "control-plane/migrations") }));
  const { createTestHarness } = (await import(
    pathToFileURL(createRequire(join(root, "tools/edge/package.json")).resolve("wrangler")).href
  )) as { createTestHarness(options: object): Harness };
  let askedAt = 0;
  let isMute = false;
  let slowMs = 0;
  const front = await lossy(database.url, () => {
    askedAt = Date.now();
    if (isMute) return new Promise<"lost">(() => {});
    return new Promise<"through">((go) => setTimeout(go, slowMs, "through"));
  });
  const vars = { APPOS_DATABASE_URL: front.url, APPOS_SECRET_KEY: randomBytes(32).toString("base64"), ...more };
  const harness = createTestHarness({ workers: [{ configPath: join(root, "wrangler.toml"), vars }] });
  const { url } = await harness.listen();
  const origin = url.origin;

  function asker(headers: Record<string, string> = {}) {
    return async (path: string, json?: unknown, method = json === undefined ? "GET" : "POST"): Promise<Reply> => {
      const body = json === undefined ? {} : { body: JSON.stringify(json) };
      const sent = { ...headers, ...(json !== undefined && { "content-type": "application/json" }) };
      const reply = await fetch(`${origin}/api/v1/${path}`, { method, headers: sent, ...body });
      const text = await reply.text();
      const { data, error } = (text.startsWith("{") ? JSON.parse(text) : {}) as Reply;
      return { status: reply.status, data, error, headers: reply.headers };
    };
  }
  const nobody = asker();
  const token = await setupLinks({ database: drizzle(client), clock: Date }).token();
  const setup = await nobody("setup", { token, ...ADMIN });
  const cookie = setup.headers.getSetCookie()[0]!.split(";")[0]!;
  const admin = asker({ cookie, origin });

  /** A server with its agent in the hands of a test. */
  async function server(name: string) {
    const { data } = await admin("servers", { name });
    const pair = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
    const publicKey = base64Url(await webcrypto.subtle.exportKey("raw", pair.publicKey));
    const { serverId, controlPlaneId } = (await nobody("agent/enroll", { token: data.enrollment.token, publicKey })).data;
    const path = `/api/agent/v1/connect?server=${serverId}`;

    async function dial() {
      const socket = new WebSocket(`${origin.replace("http", "ws")}${path}`, SUBPROTOCOL, { perMessageDeflate: false, ...impatience });
      const link = spoken(socket);
      await new Promise((open, failed) => socket.once("open", open).once("error", failed));
      return link;
    }
    /** Its agent connects, as the protocol wants it. */
    async function connect({ journal = "j", jobs = [] as string[] } = {}) {
      const link = await dial();
      const agentNonce = base64Url(randomBytes(32));
      link.says({ type: "hello", protocol: PROTOCOL_VERSION, serverId, nonce: agentNonce, agentVersion: "0" });
      const challenge = await link.hears("challenge");
      const text = proofText({ agentNonce, controlNonce: challenge["nonce"] as string, controlPlaneId, serverId });
      const signature = base64Url(await webcrypto.subtle.sign("Ed25519", pair.privateKey, Buffer.from(text)));
      link.says({ type: "proof", signature, journal, jobs, lanes: 3, seen: null });
      return link;
    }
    const isUp = async () => (await admin(`servers/${serverId}`)).data.linked as boolean;
    return {
      id: serverId as string,
      name,
      dial,
      connect,
      isUp,
      evict: (webSockets: "close" | "hibernate" = "hibernate") => evict(serverId, webSockets),
    };
  }
  /** Puts a room to sleep, or starts it anew. workerd does that only to an object that waits for nothing: it asks nothing any more. */
  async function evict(name: string, webSockets: "close" | "hibernate") {
    await until("nobody asks anything", () => Date.now() - askedAt > QUIET_MS);
    await harness.getWorker().evictDurableObject("ROOMS", { name, webSockets });
  }

  /** A browser at a terminal. */
  async function terminal(serverId: string, { reads = true } = {}) {
    const ticket = (await admin(`servers/${serverId}/terminal`, {})).data as TerminalTicket;
    const address = `${origin.replace("http", "ws")}/api/v1/servers/${serverId}/terminal?ticket=${ticket.ticket}&after=0&cols=80&rows=24`;
    const socket = new WebSocket(address, TERMINAL_SUBPROTOCOL, { origin, ...impatience });
    const link = spoken(socket);
    let output = "";
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) output += data.toString();
      if (isBinary && reads) link.says({ type: "read", bytes: data.length });
      const frame = isBinary ? undefined : (JSON.parse(data.toString()) as TerminalFrame);
      if (frame?.type === "where") link.says({ type: "at", after: output.length, cols: 80, rows: 24 });
    });
    await new Promise((open, failed) => socket.once("open", open).once("error", failed));
    return { ...link, session: ticket.session, output: () => output, types: (text: string) => socket.send(Buffer.from(text)) };
  }

  return {
    origin,
    cookie,
    nobody,
    admin,
    server,
    terminal,
    client,
    database,
    harness,
    /** What the database is asked from now on it never answers; or does again. */
    mute: (so: boolean) => void (isMute = so),
    /** Every question takes so long to reach the database. */
    slow: (ms: number) => void (slowMs = ms),
    /** A new version is deployed: every object is started anew, and every socket dropped. */
    deploy: () => harness.update((now) => ({ ...now })),
    minute: () => harness.getWorker().scheduled({ cron: "* * * * *" }),
    async end() {
      await harness.close();
      client.close();
      front.close();
      await database.stop();
    },
  };
}

type Said = { type: string } & Record<string, unknown>;

/** A socket, with everything that was said on it. */
function spoken(socket: WebSocket) {
  const heard: Said[] = [];
  const bytes: Buffer[] = [];
  const texts: string[] = [];
  socket.on("error", () => {});
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) return bytes.push(data);
    texts.push(data.toString());
    return data.toString().startsWith("{") ? heard.push(JSON.parse(data.toString()) as Said) : undefined;
  });
  const closed = new Promise<{ code: number; reason: string }>((done) =>
    socket.on("close", (code, reason) => done({ code, reason: String(reason) })),
  );
  return {
    socket,
    heard: (type: string) => heard.filter((frame) => frame.type === type),
    texts,
    bytes,
    closed,
    says: (frame: object) => socket.send(JSON.stringify(frame)),
    /** The first frame of a type, now or later. */
    hears: (type: string, count = 1) => until(`${type} is heard`, () => heard.filter((frame) => frame.type === type)[count - 1]),
  };
}
