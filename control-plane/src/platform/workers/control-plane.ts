import { waitUntil } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/libsql/web";
import type { Log, Ports, Rooms } from "../../ports.ts";
import { createServices, type Services } from "../../services.ts";
import { schemaSentence, schemaState } from "../migrations.ts";
import { carriedCatalog } from "./catalog.ts";
import { databaseOf } from "./database.ts";
import { keptAgent } from "./downloads.ts";
import type { Env } from "./env.ts";
import { variablesOf } from "./env.ts";
import { hubEvents } from "./events.ts";
import { workerKeys } from "./keys.ts";
import { jsonLog } from "./log.ts";
import { workerOutbound } from "./outbound.ts";

declare const APPOS_VERSION: string;
/** The number of the newest migration that this code knows. */
declare const APPOS_SCHEMA: number;

export interface ControlPlane {
  services: Services;
  log: Log;
}

/** What one isolate or object gives the control plane in it, with its rooms reached in one way or another. */
export function portsOf(env: Env, rooms: Rooms): Ports {
  const variables = variablesOf(env);
  const log = jsonLog(variables.APPOS_LOG_LEVEL);
  return {
    database: drizzle(databaseOf(variables)),
    rooms,
    events: hubEvents(env.EVENTS, log),
    // Nobody sets the clock of Cloudflare's machines.
    clock: { now: Date.now, elapsed: Date.now, sure: true },
    keys: workerKeys(variables.APPOS_SECRET_KEY),
    downloads: keptAgent(env.AGENTS, variables.APPOS_AGENT_URL),
    catalog: carriedCatalog(),
    outbound: workerOutbound(variables.APPOS_OUTBOUND_ALLOW),
    log,
    settings: {
      version: APPOS_VERSION,
      publicUrl: variables.APPOS_PUBLIC_URL,
      samples: "asked",
      localProblem: () => null,
      consoleServer: async () => ({
        problem: "AppOS runs on Cloudflare Workers. Give it an address there: a custom domain of the Worker.",
      }),
      retention: { jobDays: variables.APPOS_JOB_DAYS, logDays: variables.APPOS_LOG_DAYS, logBytes: variables.APPOS_LOG_BYTES },
    },
  };
}

export function controlPlane(env: Env, rooms: Rooms): ControlPlane {
  const ports = portsOf(env, rooms);
  const services = createServices(ports);
  // What many requests wait for must not end with the one that asked first.
  waitUntil(services.system.identity());
  return { services, log: ports.log };
}

/** Why nothing can be done with the database as it is; undefined where it can. An older code goes on over a newer schema. */
export async function databaseProblem(env: Env): Promise<string | undefined> {
  const state = await schemaState(databaseOf(variablesOf(env)), APPOS_SCHEMA);
  return state === "current" || state === "newer" ? undefined : schemaSentence[state];
}
