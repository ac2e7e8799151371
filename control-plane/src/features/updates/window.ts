import type { UpdateSettings, Weekday } from "@appos/shared/updates";

type Window = Extract<UpdateSettings, { mode: "window" }>;

/** Whether it is open at this moment. One that ends before it begins belongs to the day on which it begins. */
export function isOpen({ days, from, to, timezone }: Window, now: number): boolean {
  const { day, time } = local(now, timezone);
  if (from < to) return days.includes(day) && from <= time && time < to;
  const { day: dayBefore } = local(now - 24 * 3_600_000, timezone);
  return (days.includes(day) && from <= time) || (days.includes(dayBefore) && time < to);
}

/** What a clock and a calendar show there. */
function local(now: number, timeZone: string): { day: Weekday; time: string } {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const part = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  return { day: part["weekday"]!.toLowerCase() as Weekday, time: `${part["hour"]}:${part["minute"]}` };
}
