import { z } from "zod";
import { LogLevel } from "./log-level.ts";

/** One line of a service's log. */
export const LogLine = z.object({
  service: z.string(),
  container: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  /** Milliseconds UTC, by the engine's clock. */
  at: z.int(),
  text: z.string(),
  /** How grave it is, guessed from its text; left out where that does not say. */
  level: LogLevel.optional(),
  /** Not found itself: it stands near a line that was. */
  near: z.literal(true).optional(),
  /** Lines of its container were left out before it, where lines around those that were found are told. */
  apart: z.literal(true).optional(),
  /** On the first line that is told of a container: which one it is, as there may have been others of this name. */
  from: z.object({ id: z.string(), release: z.int().nullable() }).optional(),
});
export type LogLine = z.output<typeof LogLine>;

/** What is said between the lines, once those of the past are told. */
export const LogPast = z.object({
  /** There may be lines before them. */
  older: z.boolean(),
  /** It took too long to look through all of them; this is how far back it came, in milliseconds UTC. */
  stoppedAt: z.int().nullable(),
});
export type LogPast = z.output<typeof LogPast>;
export const LogNote = z.object({ past: LogPast });
export type LogNote = z.output<typeof LogNote>;

/** Lines of the past that can be asked for at once: as they come, and all in one answer. */
export const LOG_LINES = 1_000_000;
const LINES_AT_ONCE = 10_000;
export const LOG_CONTEXT = 50;
const SERVICES = 100;

/** Which lines are meant: left out is what does not matter. */
const Wanted = {
  /** One, or several with a comma between them. */
  service: z
    .string()
    .max(SERVICES * 64)
    .optional(),
  /** Milliseconds UTC, the first and the last that count. */
  since: z.coerce.number().int().nonnegative().optional(),
  until: z.coerce.number().int().nonnegative().optional(),
  /** A text that they have in them, in upper or lower case; with `how`, in exactly this case, or a regular expression (RE2). */
  search: z.string().min(1).max(500).optional(),
  how: z.enum(["any-case", "exact", "regexp"]).default("any-case"),
  /** As many lines of the same container before and after each that is found. */
  context: z.coerce.number().int().min(0).max(LOG_CONTEXT).default(0),
  /** So grave or graver, as far as that can be guessed. */
  level: LogLevel.optional(),
};

export const LogQuery = z
  .object({
    ...Wanted,
    /** How many of the newest lines to begin with. */
    tail: z.coerce.number().int().min(0).max(LOG_LINES).default(200),
    follow: z.enum(["0", "1"]).default("0"),
  })
  .refine(({ follow, tail }) => follow === "1" || tail <= LINES_AT_ONCE, {
    path: ["tail"],
    message: `One answer holds ${LINES_AT_ONCE} lines at most. Ask for more with follow=1.`,
  });
export type LogQuery = z.output<typeof LogQuery>;

export const LogDownloadQuery = z.object(Wanted);
export type LogDownloadQuery = z.output<typeof LogDownloadQuery>;

export const servicesIn = (service: string | undefined): string[] | undefined => service?.split(",").filter((each) => each !== "");
