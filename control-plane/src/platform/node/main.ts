import { once } from "node:events";
import { access, constants, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { Email } from "@appos/shared/email";
import { createApp } from "../../app.ts";
import { AppError, errorText } from "../../errors.ts";
import type { Keys, Log, Ports } from "../../ports.ts";
import { createServices, type Services } from "../../services.ts";
import { DatabaseRefused } from "../migrations.ts";
import { builtCatalog } from "./catalog.ts";
import { consoleFiles } from "./console.ts";
import { openDatabase } from "./database.ts";
import { type ConsoleDoor, consoleDoor, type Visitor } from "./console-door.ts";
import { databaseWatch } from "./database-watch.ts";
import { builtAgent } from "./downloads.ts";
import { firstCollection } from "./first-collection.ts";
import { gitSources } from "./git-sources.ts";
import { nodeKeys } from "./keys.ts";
import { localAgent, type Place } from "./local-agent.ts";
import { logTo } from "./log.ts";
import { type Membership, onlyProcess } from "./membership.ts";
import { nodeOutbound } from "./outbound.ts";
import { placeOf } from "./place-of.ts";
import { type NodeSettings, settingsFrom } from "./settings.ts";
import { standAsSignpost } from "./signpost.ts";
import { acceptAgents } from "./sockets.ts";
import { acceptViewers } from "./viewers.ts";

declare const APPOS_VERSION: string;
const MINUTE = 60_000;
/** How late what only time makes news may be told. */
const TELL_MS = 2_000;
/** When what starting took is given back: nothing of it runs any more. */
const SETTLED_MS = 5_000;
/** How long whoever asks may take. */
const patience = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 65_000 };
const NO_SERVER =
  "AppOS serves its own address with the proxy of the machine that it runs on, and that is none of its servers here (APPOS_LOCAL_AGENT). Have the console reached by a proxy of your own, and set APPOS_PUBLIC_URL.";
const built = (name: string) => join(import.meta.dirname, name);

try {
  await run(settingsFrom(process.env));
} catch (error) {
  console.error(`appos: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

async function run(settings: NodeSettings) {
  const log = logTo((line) => process.stderr.write(`${line}\n`), settings);
  await makeDataDir(settings.dataDir);
  // Whoever asks while AppOS starts is answered once it has.
  const ready = Promise.withResolvers<RequestListener>();
  const http = createServer(patience, (request, reply) => {
    void ready.promise.then((handle) => handle(request, reply));
  });
  const door = consoleDoor(patience);
  const url = await listen(http, settings);
  const place = {
    program: built("../agent/agent.mjs"),
    folder: join(settings.dataDir, "agent"),
    url,
    environment: process.env,
  };
  if (settings.movedTo !== undefined) return ready.resolve(await standAsSignpost(http, door, settings.movedTo, settings, place, log));

  const keys = await nodeKeys(settings.dataDir, settings.secretKey);
  const failed = (error: unknown) => log.error("a room failed", { error: errorText(error) });
  const downloads = builtAgent(built("../agent"));
  const database = await openDatabase(settings.databaseUrl, settings.databaseToken, built("migrations"), (error) => {
    log.error("the database cannot be made safe on its disk: AppOS ends, and goes on from it when it is started again", {
      error: errorText(error),
    });
    process.exit(1);
  }).catch((error: unknown) => explain(error, settings));
  const membership = await membershipOf(settings, keys, log, () => services);
  const ports: Ports = {
    ...(membership.holder !== undefined && { holder: membership.holder }),
    database,
    rooms: membership.rooms,
    events: membership.events,
    clock: { now: Date.now, elapsed: () => performance.now() },
    keys,
    downloads,
    catalog: builtCatalog(built("catalog")),
    outbound: nodeOutbound(settings.outboundAllow),
    git: gitSources(settings.outboundAllow),
    linger: (work) => void work.catch(failed),
    log,
    settings: {
      version: APPOS_VERSION,
      publicUrl: settings.publicUrl,
      samples: "always",
      localProblem: () => (settings.localAgent ? agent.problem() : null),
      consoleServer: () => (settings.localAgent ? agent.server() : Promise.resolve({ problem: NO_SERVER })),
      retention: settings.retention,
    },
  };
  const services: Services = createServices(ports);
  await membership.begin();
  await services.jobs.wakeAll();

  const address = (c: Context) => door.visitorOf((c.env as HttpBindings).incoming).address ?? "unknown";
  const app = createApp(services, { address, log });
  const site = consoleFiles(built("../web"));
  const ofApp = /^\/(api\/|openapi\.json$|metrics$|install\.sh$|agent\/)/;
  const answer = (request: Request, env: object) => (ofApp.test(new URL(request.url).pathname) ? app : site).fetch(request, env);
  ready.resolve(getRequestListener(answer));
  door.http.on(
    "request",
    getRequestListener((request, env) => answer(asAsked(request, door.visitorOf((env as HttpBindings).incoming)), env)),
  );
  const around = { log, visitorOf: door.visitorOf };
  const viewers = acceptViewers(services, membership.local, around);
  const closeSockets = acceptAgents([http, door.http], services, membership.local, viewers, around);

  const agent = localAgent(services, place, log);
  const watched = databaseWatch(settings, log);
  const seconds = setInterval(() => void watched(() => services.servers.tellTime()), TELL_MS);
  const minute = setInterval(
    () =>
      void Promise.all([
        services.jobs.wakeAll(),
        services.auth.tidy(),
        services.terminals.tidy(),
        membership.isFirst().then((first) => (first ? services.jobs.tidy() : undefined)),
        services.servers.trimTimelines(),
        services.activity.tidy(),
        services.updates.tick(),
        services.templateSources.tick(),
        services.domains.proxies.tick(),
        services.domains.uptime.tidy(),
      ]).catch(failed),
    MINUTE,
  );

  await firstRun(services, settings, url);
  if (settings.localAgent) {
    await openDoor(door, place, log);
    agent.begin();
  }
  firstCollection(SETTLED_MS);

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void stop());
  async function stop() {
    clearInterval(minute);
    clearInterval(seconds);
    services.servers.freeze();
    await membership.stop();
    closeSockets();
    http.close();
    door.http.close();
    await agent.stop();
    await membership.close();
    process.exit(0);
  }
}

/** One process, or one of several; of what joins them nothing is loaded where there is one. */
async function membershipOf({ natsUrls }: NodeSettings, keys: Keys, log: Log, services: () => Services): Promise<Membership> {
  if (!natsUrls) return onlyProcess(services, log);
  const { cluster } = await import("./cluster/cluster.ts");
  return cluster(natsUrls, keys, log, services);
}

async function makeDataDir(dataDir: string) {
  try {
    await makeFolder(dataDir);
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `The data folder ${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code}). Give it to this user, or name another in APPOS_DATA_DIR.`,
    );
  }
}

/** Level by level: Node's own recursive mkdir never ends below /proc. */
async function makeFolder(folder: string): Promise<void> {
  const made = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  };
  if (
    await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    )
  )
    return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  await mkdir(folder, { mode: 0o700 }).catch(made);
}

/** The port is taken before anything else is touched: a second AppOS must not get near the first one's data. */
async function listen(http: ReturnType<typeof createServer>, { host, port }: NodeSettings): Promise<string> {
  http.listen(port, host);
  try {
    await once(http, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw new Error(`Port ${port} on ${host} is in use by another program. Stop that, or choose another port: APPOS_PORT=9092 npm start`);
    if (code === "EACCES") throw new Error(`Port ${port} may not be used by this user. Choose one above 1024: APPOS_PORT=9091 npm start`);
    throw new Error(`AppOS cannot listen on ${host}:${port} (${code}). Look at APPOS_HOST and APPOS_PORT.`);
  }
  const named = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${named}:${(http.address() as AddressInfo).port}`;
}

function explain(error: unknown, { databaseUrl, dataDir }: NodeSettings): never {
  if (error instanceof DatabaseRefused) throw error;
  const text = error instanceof Error ? error.message : String(error);
  if (/SQLITE_BUSY|locked/.test(text))
    throw new Error(`Another AppOS runs on the data folder ${dataDir}. Stop it first, or name another folder in APPOS_DATA_DIR.`);
  throw new Error(`The database ${placeOf(databaseUrl)} cannot be opened: ${text}`);
}

/** Prints where AppOS answers, and the one-time link while it has no administrator. */
async function firstRun({ auth }: Services, { dataDir, initMode, superuser, publicUrl }: NodeSettings, url: string) {
  const front = publicUrl ?? url;
  const link = join(dataDir, "setup-url");
  if (initMode === "auto" && (await auth.setupNeeded())) {
    const email = Email.safeParse(superuser.email ?? "").data;
    if (!email || superuser.password === undefined) throw new Error("INIT_MODE=auto needs SUPERUSER_EMAIL and SUPERUSER_PASSWORD.");
    await auth.setupFromEnvironment({ email, password: superuser.password, name: email.split("@")[0]! }).catch((error: Error) => {
      // Of several that start at once one is the first.
      if (error instanceof AppError && error.code === "SETUP_DONE") return;
      throw new Error(`SUPERUSER_PASSWORD is refused. ${error.message}`);
    });
  }
  const token = initMode === "setup" ? await auth.setupToken() : undefined;
  console.log(`AppOS answers at ${front}`);
  if (token === undefined) return rm(link, { force: true });
  await writeFile(link, `${front}/setup?token=${token}\n`, { mode: 0o600 });
  console.log(`Set it up, once, at ${front}/setup?token=${token}`);
}

/** Without it AppOS is there all the same, but not at an address of its own. */
async function openDoor(door: ConsoleDoor, { folder }: Place, log: Log) {
  await door.listen(folder).catch((error: unknown) => {
    log.error("the proxy of this machine cannot reach AppOS, and so serves no address of the console", { error: errorText(error) });
  });
}

/** As the visitor asked it: over HTTPS, where that ends at the proxy. */
const asAsked = (request: Request, { secure }: Visitor) =>
  secure ? new Request(request.url.replace(/^http:/, "https:"), request) : request;
