import { expect, test } from "vitest";
import { settingsFrom } from "./settings.ts";

test("what is not said about retention is a year of jobs, and ninety days or 2 GiB of logs", () => {
  expect(settingsFrom({}).retention).toEqual({ jobDays: 365, logDays: 90, logBytes: 2 * 1024 ** 3 });
});

test.each([
  ["1048576", 1024 ** 2],
  ["500M", 500 * 1024 ** 2],
  ["10GiB", 10 * 1024 ** 3],
  ["1TB", 1024 ** 4],
])("%s is a number of bytes", (text, bytes) => {
  expect(settingsFrom({ APPOS_LOG_BYTES: text }).retention.logBytes).toBe(bytes);
});

test.each([
  [{ APPOS_LOG_BYTES: "lots" }, "APPOS_LOG_BYTES does not fit. It is a number of bytes, or one with a unit: 500M, 2G"],
  [{ APPOS_LOG_DAYS: "0" }, "APPOS_LOG_DAYS does not fit."],
  [{ APPOS_JOB_DAYS: "a year" }, "APPOS_JOB_DAYS does not fit. It is a number of days, from 1 to 36500"],
])("%j is refused with a sentence", (environment, message) => {
  expect(() => settingsFrom(environment)).toThrow(message);
});
