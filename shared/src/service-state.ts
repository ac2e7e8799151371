import { z } from "zod";

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
