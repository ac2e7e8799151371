import { type DomainUptime, HOUR_MS, UPTIME_DAYS, type UptimeSpan } from "@appos/shared/uptime";

/** How a domain answered within one hour. */
export interface HourSum {
  hour: number;
  asked: number;
  answered: number;
  latencySumMs: number;
  latencyMaxMs: number;
}

const DAY_HOURS = 24;

export const oldestHour = (now: number) => Math.floor(now / HOUR_MS) - UPTIME_DAYS * DAY_HOURS + 1;

/** All that there is to say of its hours. The hour that is not over yet is the last of them. */
export function uptimeOf(domainId: string, sums: HourSum[], now: number): DomainUptime {
  const last = Math.floor(now / HOUR_MS);
  /** Of so many hours that end so many hours ago. */
  const span = (hours: number, ago = 0) => spanOf(sums.filter(({ hour }) => hour <= last - ago && hour > last - ago - hours));
  const bars = (count: number, hours: number) =>
    Array.from({ length: count }, (_, i) => {
      const ago = (count - 1 - i) * hours;
      return { from: (last - ago - hours + 1) * HOUR_MS, ...span(hours, ago) };
    });
  return {
    domainId,
    day: span(DAY_HOURS),
    week: span(7 * DAY_HOURS),
    month: span(UPTIME_DAYS * DAY_HOURS),
    days: bars(UPTIME_DAYS, DAY_HOURS),
    hours: bars(DAY_HOURS, 1),
  };
}

function spanOf(sums: HourSum[]): UptimeSpan {
  const total = (of: "asked" | "answered" | "latencySumMs") => sums.reduce((all, sum) => all + sum[of], 0);
  const [asked, answered] = [total("asked"), total("answered")];
  return {
    asked,
    answered,
    // Cut off, not rounded: what was down once was not up all of the time.
    percent: asked === 0 ? null : Math.floor((answered / asked) * 10_000) / 100,
    latencyMs: answered === 0 ? null : Math.round(total("latencySumMs") / answered),
    latencyMaxMs: answered === 0 ? null : Math.max(...sums.map(({ latencyMaxMs }) => latencyMaxMs)),
  };
}
