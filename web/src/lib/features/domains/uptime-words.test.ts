import type { UptimeSpan } from "@appos/shared/uptime";
import { expect, test } from "vitest";
import { uptimeBars, uptimeLine } from "./uptime-words.ts";

const span = (asked: number, answered = asked): UptimeSpan => ({
  asked,
  answered,
  percent: asked === 0 ? null : (answered / asked) * 100,
  latencyMs: answered === 0 ? null : 12,
  latencyMaxMs: answered === 0 ? null : 40,
});
const bars = (...spans: UptimeSpan[]) => spans.map((each, i) => ({ ...each, from: Date.UTC(2026, 10, 20 + i) }));

test("uptime is said for what is known of it", () => {
  expect(uptimeLine({ day: span(0), week: span(0), month: span(0) })).toBeUndefined();
  expect(uptimeLine({ day: span(100), week: span(1_000, 995), month: span(3_000, 2_995) })).toBe(
    "Answered 100 % in 24 h, 99.50 % in 7 d, 99.83 % in 30 d, 12 ms on average",
  );
});

test("a span that is longer than the domain is old is left out", () => {
  const [day, week] = [span(100), span(1_000, 995)];
  expect(uptimeLine({ day, week, month: week })).toBe("Answered 100 % in 24 h, 99.50 % in 7 d, 12 ms on average");
  expect(uptimeLine({ day, week: day, month: day })).toBe("Answered 100 % in 24 h, 12 ms on average");
  expect(uptimeLine({ day: span(0), week, month: week })).toBe("Answered 99.50 % in 7 d");
});

test("a domain of today is shown hour by hour, an older one day by day", () => {
  const hours = bars(span(60));
  expect(uptimeBars({ days: bars(span(0), span(60)), hours }).unit).toBe("hour");
  const shown = uptimeBars({ days: bars(span(60, 30), span(0)), hours });
  expect(shown.unit).toBe("day");
  expect(shown.bars.map(({ percent }) => percent)).toEqual([50, null]);
  expect(shown.bars[0]!.words).toMatch(/: answered 30 of 60 times, 12 ms on average$/);
});
