import type { DomainUptime, UptimeSpan } from "@appos/shared/uptime";
import { dayAndTime } from "../../format/time.ts";

const percent = (value: number) => `${value === 100 ? 100 : value.toFixed(2)} %`;

/** How it answered, in a line; undefined where it was not asked yet. */
export function uptimeLine({ day, week, month }: Pick<DomainUptime, "day" | "week" | "month">): string | undefined {
  const spans = [
    [day, "24 h"],
    [week, "7 d"],
    [month, "30 d"],
  ] as const;
  // A longer span in which it was asked no more often says nothing new.
  const telling = spans.filter(([{ asked }], i) => asked > (spans[i - 1]?.[0].asked ?? 0));
  const said = telling.flatMap(([span, words]) => (span.percent === null ? [] : `${percent(span.percent)} in ${words}`));
  if (said.length === 0) return undefined;
  return [`Answered ${said.join(", ")}`, ...(day.latencyMs === null ? [] : [`${day.latencyMs} ms on average`])].join(", ");
}

export interface Bar {
  /** 0 to 100; null where it was not asked. */
  percent: number | null;
  /** What there is to say of it. */
  words: string;
}

/** A bar for each day; for each hour where there is no more than a day. */
export function uptimeBars({ days, hours }: Pick<DomainUptime, "days" | "hours">): { bars: Bar[]; unit: "day" | "hour" } {
  const isYoung = days.slice(0, -1).every(({ asked }) => asked === 0);
  return { bars: (isYoung ? hours : days).map(bar), unit: isYoung ? "hour" : "day" };
}

function bar({ from, asked, answered, percent: value, latencyMs }: UptimeSpan & { from: number }): Bar {
  const when = `From ${dayAndTime(from)}`;
  if (value === null) return { percent: null, words: `${when}: not asked` };
  const speed = latencyMs === null ? "" : `, ${latencyMs} ms on average`;
  return { percent: value, words: `${when}: answered ${answered} of ${asked} times${speed}` };
}
