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
  [{ APPOS_MOVED_TO: "http://panel.example.org" }, "APPOS_MOVED_TO does not fit. Agents go to https:// only, or to their own machine"],
  [{ APPOS_MOVED_TO: "http://127.0.0.1.example.org" }, "APPOS_MOVED_TO does not fit."],
  [{ APPOS_MOVED_TO: "panel.example.org" }, "APPOS_MOVED_TO does not fit."],
  [{ APPOS_JOB_DAYS: "a year" }, "APPOS_JOB_DAYS does not fit. It is a number of days, from 1 to 36500"],
])("%j is refused with a sentence", (environment, message) => {
  expect(() => settingsFrom(environment)).toThrow(message);
});

test("where AppOS has moved to is an address without a path", () => {
  expect(settingsFrom({ APPOS_MOVED_TO: "https://panel.example.org/" }).movedTo).toBe("https://panel.example.org");
  expect(settingsFrom({ APPOS_MOVED_TO: "http://127.0.0.1:9092" }).movedTo).toBe("http://127.0.0.1:9092");
  expect(settingsFrom({ APPOS_MOVED_TO: "" }).movedTo).toBeUndefined();
});

test("several control planes need a database and a key that they share, and have no agent of their own", () => {
  const shared = { APPOS_DATABASE_URL: "http://10.0.0.3:8080", APPOS_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };
  const APPOS_NATS_URL = "nats://10.0.0.3:4222, tls://appos:secret@nats.example.org";
  expect(settingsFrom({ ...shared, APPOS_NATS_URL })).toMatchObject({
    natsUrls: ["nats://10.0.0.3:4222", "tls://appos:secret@nats.example.org"],
    localAgent: false,
  });
  expect(settingsFrom(shared)).toMatchObject({ natsUrls: undefined, localAgent: true });
  const { APPOS_SECRET_KEY: _, ...keyless } = shared;
  for (const lacking of [{}, keyless, { ...shared, APPOS_DATABASE_URL: "file:/appos.db" }])
    expect(() => settingsFrom({ ...lacking, APPOS_NATS_URL })).toThrow(/share a database and a master key/);
  expect(() => settingsFrom({ ...shared, APPOS_NATS_URL: "http://10.0.0.3" })).toThrow(/nats:\/\/ or tls:\/\//);
});
