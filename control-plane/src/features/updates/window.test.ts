import type { UpdateSettings } from "@appos/shared/updates";
import { expect, test } from "vitest";
import { isOpen } from "./window.ts";

type Window = Extract<UpdateSettings, { mode: "window" }>;
const night: Window = { mode: "window", days: ["sat"], from: "23:00", to: "04:00", timezone: "Europe/Berlin" };
const noon: Window = { mode: "window", days: ["mon", "sun"], from: "11:30", to: "12:30", timezone: "UTC" };

// 22 November 2026 is a Sunday.
test.each<[Window, string, boolean]>([
  [noon, "2026-11-22T11:29:59Z", false],
  [noon, "2026-11-22T11:30:00Z", true],
  [noon, "2026-11-22T12:29:59Z", true],
  [noon, "2026-11-22T12:30:00Z", false],
  [noon, "2026-11-21T12:00:00Z", false],
  [noon, "2026-11-23T12:00:00Z", true],
  [night, "2026-11-21T21:59:00Z", false],
  [night, "2026-11-21T22:00:00Z", true],
  [night, "2026-11-22T02:59:00Z", true],
  [night, "2026-11-22T03:00:00Z", false],
  [night, "2026-11-22T22:30:00Z", false],
  [night, "2026-11-21T02:00:00Z", false],
])("%j at %s: %s", (window, at, open) => {
  expect(isOpen(window, Date.parse(at))).toBe(open);
});
