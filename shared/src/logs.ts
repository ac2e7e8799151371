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

/** Lines of the past that can be asked for at once: as they come, and all in one answer. */
export const LOG_LINES = 1_000_000;
const LINES_AT_ONCE = 10_000;

export const LogQuery = z
  .object({
    service: z.string().max(255).optional(),
    /** How many of the newest lines to begin with. */
    tail: z.coerce.number().int().min(0).max(LOG_LINES).default(200),
    /** Milliseconds UTC. */
    since: z.coerce.number().int().nonnegative().optional(),
    follow: z.enum(["0", "1"]).default("0"),
  })
  .refine(({ follow, tail }) => follow === "1" || tail <= LINES_AT_ONCE, {
    path: ["tail"],
    message: `One answer holds ${LINES_AT_ONCE} lines at most. Ask for more with follow=1.`,
  });
export type LogQuery = z.output<typeof LogQuery>;
