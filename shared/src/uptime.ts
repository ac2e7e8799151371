import { z } from "zod";

export const HOUR_MS = 3_600_000;

/** How a path of a name answered within one hour, as its server saw it through its own proxy: asked once a minute. */
export const UptimeSum = z.object({
  name: z.string().max(253),
  path: z.string().max(200),
  asked: z.int().min(0).max(100_000),
  /** With a status below 500. */
  answered: z.int().min(0).max(100_000),
  /** Of those that answered. */
  latencySumMs: z.int().min(0),
  latencyMaxMs: z.int().min(0),
});
export type UptimeSum = z.output<typeof UptimeSum>;

/** So many are told in one frame. */
export const UPTIME_SUMS = 300;

/** A number by which what was told is thanked for, and which hour it is of: hours since 1970, UTC. All of an hour up to now, not what is new. */
export const UptimeTold = z.object({ id: z.int().positive(), hour: z.int().positive(), sums: z.array(UptimeSum).min(1).max(UPTIME_SUMS) });
export type UptimeTold = z.output<typeof UptimeTold>;

/** How often a domain was asked over some time, and answered. */
export const UptimeSpan = z.object({
  asked: z.int(),
  answered: z.int(),
  /** 0 to 100; null where it was not asked. */
  percent: z.number().nullable(),
  /** On average, and at most, of what answered. */
  latencyMs: z.int().nullable(),
  latencyMaxMs: z.int().nullable(),
});
export type UptimeSpan = z.output<typeof UptimeSpan>;

/** For so long it is known. */
export const UPTIME_DAYS = 30;

export const DomainUptime = z
  .object({
    domainId: z.string(),
    /** Over the last 24 hours, 7 days and 30 days. */
    day: UptimeSpan,
    week: UptimeSpan,
    month: UptimeSpan,
    /** Each of the last 30 days, the last of which ends now; and each of the last 24 hours. */
    days: z.array(UptimeSpan.extend({ from: z.int() })),
    hours: z.array(UptimeSpan.extend({ from: z.int() })),
  })
  .meta({ id: "DomainUptime" });
export type DomainUptime = z.output<typeof DomainUptime>;
