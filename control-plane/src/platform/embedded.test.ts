import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Client } from "@libsql/client";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { embeddedClient } from "./embedded.ts";
import { memoryClient } from "./memory/sqlite.ts";
import { openDatabase } from "./node/database.ts";

const migrations = join(import.meta.dirname, "../../migrations");
const fail = (error: unknown) => {
  throw error;
};

const folder = mkdtempSync(join(tmpdir(), "appos-embedded-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

describe.each([
  ["over Node's SQLite, in memory", async () => memoryClient()],
  [
    "over libSQL, in a file",
    async () => (await openDatabase(pathToFileURL(join(folder, `a b#${files++}.db`)).href, undefined, migrations, fail)).$client,
  ],
])("an embedded database %s", (_, open) => {
  let client: Client;
  beforeEach(async () => {
    client = await open();
    await client.execute("create table if not exists pets (name text primary key, age)");
    await client.execute("delete from pets");
  });
  const names = async () => (await client.execute("select name from pets order by name")).rows.map((row) => row[0]);

  test("a batch is done whole or not at all, and the next one is none the worse", async () => {
    const add = (name: string) => ({ sql: "insert into pets (name) values (?)", args: [name] });
    await expect(client.batch([add("rex"), add("rex")])).rejects.toThrow(/UNIQUE/);
    expect(await names()).toEqual([]);
    await client.batch([add("rex"), add("tom")]);
    expect(await names()).toEqual(["rex", "tom"]);
  });

  test("a statement is asked again with other values, and answers with rows by column", async () => {
    for (const age of [1, null, 2.5, "old", true]) await client.execute({ sql: "insert into pets values (?, ?)", args: [`${age}`, age] });
    const { columns, rows } = await client.execute("select age, name from pets where name <> 'old' order by name");
    expect(columns).toEqual(["age", "name"]);
    expect(rows.map((row) => [...(row as unknown as unknown[])])).toEqual([
      [1, "1"],
      [2.5, "2.5"],
      [null, "null"],
      [1, "true"],
    ]);
    const gone = await client.execute({ sql: "delete from pets where name = ? returning age", args: ["2.5"] });
    expect(gone.rows[0]![0]).toBe(2.5);
    expect(await names()).toHaveLength(4);
  });
});

test("a database that is a link to another place is synced there", async () => {
  writeFileSync(join(folder, "elsewhere.db"), "");
  symlinkSync(join(folder, "elsewhere.db"), join(folder, "link.db"));
  const { $client } = await openDatabase(`file:${join(folder, "link.db")}`, undefined, migrations, fail);
  await $client.execute("create table pets (name text)");
  expect(existsSync(join(folder, "elsewhere.db-wal"))).toBe(true);
});

test("what is answered is on the disk, also where another has written it", async () => {
  const { promise: synced, resolve: done } = Promise.withResolvers<void>();
  let log: Promise<void> | undefined;
  const client = embeddedClient({
    exec: () => {},
    prepare(sql) {
      if (sql.includes("wrong")) throw new Error("No such column");
      return { columns: [], all: () => [] };
    },
    inTransaction: () => false,
    log: { committed: () => void (log = synced.then(() => (log = undefined))), safe: () => log },
  });
  const answered: string[] = [];
  const write = client.execute("insert into pets values (1)").then(() => answered.push("write"));
  const read = client.execute("select * from pets").then(() => answered.push("read"));
  const wrong = client.execute("select wrong").catch(() => answered.push("error"));
  await new Promise((go) => setImmediate(go));
  expect(answered).toEqual([]);
  done();
  await Promise.all([write, read, wrong]);
  await client.execute("select * from pets").then(() => answered.push("later"));
  expect(answered).toEqual(["write", "read", "error", "later"]);
});
