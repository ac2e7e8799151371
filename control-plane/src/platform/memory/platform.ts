import { createHash, scrypt } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { drizzle } from "drizzle-orm/libsql";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { type App, createApp } from "../../app.ts";
import { eventLog } from "../../live/events.ts";
import { roomMap } from "../../live/rooms.ts";
import type { Downloads, Keys, Log, Ports, Retention } from "../../ports.ts";
import { createServices, type Services } from "../../services.ts";
import { migrateDatabase } from "../migrations.ts";
import { type Book, memoryCatalog } from "./catalog.ts";
import { memoryOutbound } from "./outbound.ts";
import { memoryClient } from "./sqlite.ts";

const migrations = readMigrationFiles({ migrationsFolder: join(import.meta.dirname, "../../../migrations") });

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number }, Buffer>(scrypt);

const ARCHIVE = new TextEncoder().encode("the agent");

/** What a simulation decides by itself. */
interface Nature {
  /** Milliseconds UTC, in place of the clock that moves when told. */
  now(): number;
  /** In place of the one that nobody sets; where it is left out, nobody sets the other. */
  elapsed?(): number;
  /** Asks the database, or lets that take a while, or fail. */
  query<T>(ask: () => Promise<T>): Promise<T>;
}

/** A whole platform in memory: a database that outlives the control plane, a clock that moves when told. */
export async function memoryPlatform(retention: Retention = { jobDays: 365, logDays: 90, logBytes: 2 ** 31 }, given?: Nature) {
  const client = memoryClient();
  await migrateDatabase(client, migrations);
  // Lucia reads the real clock, so that is where this one begins.
  let time = Date.now();
  let elapsed = 0;
  let runsOn: string | undefined;
  const nature: Nature = given ?? { now: () => time, elapsed: () => elapsed, query: (ask) => ask() };
  const book: Book = new Map();
  const outside = memoryOutbound();
  const lingering = new Set<Promise<void>>();
  const faults: string[] = [];
  const warnings: string[] = [];

  const keys: Keys = {
    master: new Uint8Array(32).fill(7),
    // Cheap on purpose: what it costs an attacker is none of a test's business.
    scrypt: async (password, salt, { length }) => new Uint8Array(await derive(password, salt, length, { N: 2, r: 1, p: 1 })),
  };
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: (message) => void warnings.push(message),
    error: (message, fields) => void faults.push(`${message} ${JSON.stringify(fields)}`),
  };
  const downloads: Downloads = {
    installer: async () => "url __APPOS_URL__ x64 __APPOS_SHA256_X64__",
    checksum: async (arch) => (arch === "x64" ? createHash("sha256").update(ARCHIVE).digest("hex") : undefined),
    archive: async (arch) => (arch === "x64" ? { body: new Blob([ARCHIVE]).stream(), bytes: ARCHIVE.length } : undefined),
  };

  /** Starts a control plane. `kill` is `kill -9`: nothing it asked of the database ever comes back. */
  function start() {
    let alive = true;
    const mortal = <T>(ask: () => Promise<T>) => (alive ? nature.query(ask).then((reply) => (alive ? reply : never<T>())) : never<T>());
    const database = drizzle(
      Object.assign(Object.create(client) as typeof client, {
        execute: (...statement: Parameters<typeof client.execute>) => mortal(() => client.execute(...statement)),
        batch: (...statements: Parameters<typeof client.batch>) => mortal(() => client.batch(...statements)),
      }),
    );
    const rooms = roomMap(() => services);
    const ports: Ports = {
      database,
      rooms: {
        wake: (serverId) => void rooms.wake(serverId),
        offer: (serverId, offer, link) => void rooms.offer(serverId, offer, link),
        revoke: (serverId, upTo) => void rooms.revoke(serverId, upTo),
        sample: async (serverId) => rooms.sample(serverId),
        link: async (serverId) => rooms.link(serverId),
        endTerminals: (serverId, sessions, why) => rooms.endTerminals(serverId, sessions, why),
        open: async (serverId, kind, input) => rooms.open(serverId, kind, input),
      },
      events: eventLog(),
      clock: { now: nature.now, elapsed: nature.elapsed ?? nature.now },
      keys,
      downloads,
      catalog: memoryCatalog(book),
      outbound: outside,
      linger: (work) => void lingering.add(work.finally(() => lingering.delete(work))),
      log,
      settings: {
        version: "0.0.0",
        publicUrl: "https://appos.example.org",
        samples: "always",
        localProblem: () => null,
        consoleServer: async () => (runsOn === undefined ? { problem: "This machine is no server." } : { id: runsOn }),
        retention,
      },
    };
    const services: Services = createServices(ports);
    let app: App | undefined;
    return {
      /** Made when it is first asked: many a control plane is killed before anyone did. */
      get app() {
        return (app ??= createApp(services, { address: (c) => c.req.header("x-test-address") ?? "192.0.2.1", log }));
      },
      ports,
      services,
      rooms,
      kill: () => void (alive = false),
    };
  }

  /** Sets the clock, while no time passes. */
  const setClock = (by: number) => void (time += by);
  function advance(ms: number) {
    time += ms;
    elapsed += ms;
  }
  /** Until what goes on after its request was answered is over. */
  const settled = async () => void (await Promise.all(lingering));
  /** The server that the machine is which this control plane runs on. */
  const runOn = (serverId: string) => void (runsOn = serverId);
  return { start, advance, setClock, runOn, outside, settled, book, faults, warnings, now: () => time, database: drizzle(client), client };
}

const never = <T>() => new Promise<T>(() => {});
