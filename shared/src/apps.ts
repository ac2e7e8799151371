import { z } from "zod";
import { Name, ServerId } from "./ids.ts";

/** Bytes of a compose file, at most. */
export const COMPOSE_BYTES = 96 * 1024;

export const PublishedPort = z.object({
  hostIp: z.string(),
  hostPort: z.int(),
  containerPort: z.int(),
  protocol: z.enum(["tcp", "udp", "sctp"]),
});
export type PublishedPort = z.output<typeof PublishedPort>;

/** One container of an app, as the engine sees it. */
export const ServiceState = z.object({
  service: z.string(),
  container: z.string(),
  image: z.string(),
  state: z.enum(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
  health: z.enum(["starting", "healthy", "unhealthy"]).nullable(),
  exitCode: z.int().nullable(),
  restarts: z.int(),
  /** Milliseconds UTC. */
  startedAt: z.int().nullable(),
  ports: z.array(PublishedPort),
});
export type ServiceState = z.output<typeof ServiceState>;

/** A variable that the compose file may refer to as ${KEY}. */
export const EnvEntry = z.object({
  key: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "A variable's name has letters, digits and underscores, and starts with no digit")
    .max(255),
  value: z
    .string()
    .max(65_536)
    .refine((value) => !value.includes("\0"), "A value cannot hold a NUL character"),
  secret: z.boolean().default(false),
});
export type EnvEntry = z.output<typeof EnvEntry>;

export const Env = z
  .array(EnvEntry)
  .max(500)
  .refine((entries) => new Set(entries.map(({ key }) => key)).size === entries.length, "A variable is named twice");

export const NewApp = z.strictObject({
  name: Name,
  /** The server it runs on; may be left out where there is just one. */
  serverId: ServerId.optional(),
  source: z.strictObject({ type: z.literal("compose"), compose: z.string() }),
  env: Env.optional(),
});
export type NewApp = z.output<typeof NewApp>;

/** Removing an app keeps its volumes unless told otherwise. */
export const RemoveApp = z.object({ volumes: z.enum(["keep", "delete"]).default("keep") });

/**
 * deploying: a deployment is open. running: all services run and none is unhealthy. degraded: some do not.
 * stopped: none runs, as asked. down: none runs, though they should. new: nothing was ever deployed. unknown: its server is away.
 */
export const AppStatus = z.enum(["new", "deploying", "running", "degraded", "down", "stopped", "removing", "unknown"]);
export type AppStatus = z.output<typeof AppStatus>;

export const AppView = z
  .object({
    id: z.string(),
    name: z.string(),
    serverId: z.string(),
    serverName: z.string(),
    status: AppStatus,
    services: z.array(ServiceState),
    /** When its server last said how its services are. */
    observedAt: z.int().nullable(),
    /** The release that is live, and the config version it was made from. */
    liveRelease: z.int().nullable(),
    liveVersion: z.int().nullable(),
    /** The newest config version; another than `liveVersion` is saved but not running. */
    version: z.int(),
    /** The newest deployment. */
    deploymentId: z.string().nullable(),
    createdAt: z.int(),
  })
  .meta({ id: "App" });
export type AppView = z.output<typeof AppView>;
