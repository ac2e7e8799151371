import { z } from "zod";

/** One line of a service's log. */
export const LogLine = z.object({
  service: z.string(),
  container: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  /** Milliseconds UTC, by the engine's clock. */
  at: z.int(),
  text: z.string(),
});
export type LogLine = z.output<typeof LogLine>;

export const LogQuery = z.object({
  service: z.string().max(255).optional(),
  /** How many of the newest lines to begin with. */
  tail: z.coerce.number().int().min(0).max(10_000).default(200),
  /** Milliseconds UTC. */
  since: z.coerce.number().int().nonnegative().optional(),
  follow: z.enum(["0", "1"]).default("0"),
});
export type LogQuery = z.output<typeof LogQuery>;
