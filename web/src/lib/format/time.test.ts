import { describe, expect, test } from "vitest";
import { ago, countdown, dayName, duration, moment, uptime } from "./time.ts";

const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
const before = (ms: number) => ago(now - ms, now);

test("how long ago something was is said in the fewest words", () => {
  expect([before(-50_000), before(4_000), before(59_999), before(60_000), before(3_599_999), before(5 * 3_600_000)]).toEqual([
    "just now",
    "just now",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "5 h ago",
  ]);
  expect([before(3 * 86_400_000), before(9 * 86_400_000), before(400 * 86_400_000)]).toEqual(["3 d ago", "12 Nov", "17 Oct 2025"]);
});

test("a duration is as exact as it is short", () => {
  expect([-5, 40, 840, 9_999, 12_700, 125_000, 3_725_000].map(duration)).toEqual([
    "0 ms",
    "40 ms",
    "0.8 s",
    "10.0 s",
    "12 s",
    "2 min 05 s",
    "1 h 02 min",
  ]);
});

describe("other times", () => {
  test("uptime", () => expect([340, 11_520, 1_051_200].map(uptime)).toEqual(["5 min", "3 h 12 min", "12 d 4 h"]));
  test("a countdown never goes below nothing", () => expect([899_001, 61_000, -4].map(countdown)).toEqual(["15:00", "1:01", "0:00"]));
  test("a moment names its day only when it is another", () =>
    expect([moment(now - 3_600_000, now), moment(now - 86_400_000, now)]).toEqual(["11:00", "20 Nov, 12:00"]));
  test("days", () =>
    expect([now, now - 86_400_000, now - 9 * 86_400_000].map((at) => dayName(at, now))).toEqual(["Today", "Yesterday", "12 Nov"]));
});
