import { expect, test } from "vitest";
import type { Log } from "../../ports.ts";
import { databaseWatch } from "./database-watch.ts";

test("that the database does not answer is said once, with what to do, and once that it does again", async () => {
  const said: string[] = [];
  const note = (message: string) => void said.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const ask = databaseWatch({ databaseUrl: "https://ada:geheim@db.example.org" }, log);
  const away = () => Promise.reject(new Error("fetch failed"));
  await ask(async () => {});
  expect(said).toEqual([]);
  await ask(away);
  await ask(away);
  expect(said).toEqual([expect.stringMatching(/^The database https:\/\/db\.example\.org does not answer\. Look whether it runs/)]);
  await ask(async () => {});
  await ask(async () => {});
  expect(said.slice(1)).toEqual(["the database answers again"]);
});

test("one question at a time: those that come while it does not answer are not asked", async () => {
  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const ask = databaseWatch({ databaseUrl: "file:/appos.db" }, log);
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = ask(() => (asked++, promise));
  await ask(async () => void asked++);
  expect(asked).toBe(1);
  resolve();
  await first;
  await ask(async () => void asked++);
  expect(asked).toBe(2);
});
