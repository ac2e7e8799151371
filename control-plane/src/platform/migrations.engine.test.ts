import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryClient } from "./memory/sqlite.ts";
import { migrateDatabase, schemaState } from "./migrations.ts";
import { databaseClient, openDatabase, upToDate } from "./node/database.ts";
import { lossy, sqld } from "./sqld.ts";

const migrationsFolder = join(import.meta.dirname, "../../migrations");
const migrations = readMigrationFiles({ migrationsFolder });
const newest = migrations.at(-1)!.folderMillis;
const folder = mkdtempSync(join(tmpdir(), "appos-migrations-"));
const fail = (error: unknown) => {
  throw error;
};

let server: Awaited<ReturnType<typeof sqld>>;
beforeAll(async () => {
  server = await sqld();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything that makes a schema, and which migrations it says it has. */
async function shape(client: Client) {
  const { rows } = await client.execute("select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite_%' order by name");
  const schema = rows
    .filter((row) => row[1] !== "__drizzle_migrations" && row[1] !== "libsql_wasm_func_table")
    .map((row) => [...Array(4).keys()].map((i) => row[i]));
  const { rows: done } = await client.execute("select hash, created_at from __drizzle_migrations order by created_at");
  return { schema, done: done.map((row) => [row[0], Number(row[1])]) };
}

async function emptied(url: string) {
  const client = createClient({ url });
  const { rows } = await client.execute(
    "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'libsql_%'",
  );
  await client.migrate(rows.map((row) => `drop table "${String(row[0])}"`));
  return client;
}

const fresh = async () => {
  const client = memoryClient();
  await migrate(drizzle(client), { migrationsFolder });
  return shape(client);
};

test.each(["lost", "unanswered"] as const)(
  "a migration over HTTP whose n-th request is %s leaves whole steps behind, and the next one goes on from there",
  async (fate) => {
    const expected = await fresh();
    let cut = 1;
    for (; ; cut++) {
      const client = await emptied(server.url);
      // From the n-th on nothing comes through: whoever asked has died.
      const way = await lossy(server.url, (number) => (number < cut ? "through" : number === cut ? fate : "lost"));
      const dying = createClient({ url: way.url });
      const outcome = await migrateDatabase(dying, migrations).catch(() => "died");
      way.close();
      const left = await schemaState(client, newest);
      expect(["empty", "behind", "current"]).toContain(left);
      await migrateDatabase(client, migrations);
      expect(await schemaState(client, newest)).toBe("current");
      expect(await shape(client)).toEqual(expected);
      if (outcome !== "died") break;
    }
    expect(cut).toBeGreaterThan(migrations.length * 2);
  },
);

test("a request that got lost is asked again by the same run where the step was made all the same", async () => {
  const client = await emptied(server.url);
  const way = await lossy(server.url, (number) => (number === 5 ? "unanswered" : "through"));
  await migrateDatabase(createClient({ url: way.url }), migrations);
  way.close();
  expect(await shape(client)).toEqual(await fresh());
});

test("a libSQL server that is killed while it migrates has whole steps when it is back", async () => {
  const expected = await fresh();
  for (const cut of [3, 5, 7]) {
    const client = await emptied(server.url);
    const way = await lossy(server.url, (number) => {
      if (number === cut) setTimeout(() => void server.kill9(), 2);
      return "through";
    });
    await migrateDatabase(createClient({ url: way.url }), migrations).catch(() => {});
    way.close();
    await server.kill9();
    await server.start();
    await migrateDatabase(client, migrations);
    expect(await shape(client)).toEqual(expected);
  }
});

test("six that migrate at once all succeed, and each step is made once", async () => {
  for (let round = 0; round < 5; round++) {
    const client = await emptied(server.url);
    const made = await Promise.all(Array.from({ length: 6 }, () => migrateDatabase(createClient({ url: server.url }), migrations)));
    expect(made.reduce((sum, steps) => sum + steps)).toBe(migrations.length);
    expect(await shape(client)).toEqual(await fresh());
  }
});

test("a database that is newer than the code is refused, and stays as it is", async () => {
  const client = await emptied(server.url);
  await migrateDatabase(client, migrations);
  await client.execute("insert into __drizzle_migrations (hash, created_at) values ('later', 4102444800000)");
  const before = await shape(client);
  expect(await schemaState(client, newest)).toBe("newer");
  await expect(migrateDatabase(client, migrations)).rejects.toThrow("made by a newer AppOS");
  await expect(upToDate(client, migrations)).rejects.toThrow("Update AppOS");
  expect(await shape(client)).toEqual(before);
});

test("a database with an import that was not finished is refused", async () => {
  const client = await emptied(server.url);
  expect(await schemaState(client, newest)).toBe("empty");
  await migrateDatabase(client, migrations.slice(0, 2));
  expect(await schemaState(client, newest)).toBe("behind");
  await client.execute("insert into facts values ('importing', 'x')");
  expect(await schemaState(client, newest)).toBe("importing");
  await expect(upToDate(client, migrations)).rejects.toThrow("was not finished");
});

test("a database that drizzle itself has made goes on, with what is in it", async () => {
  const url = `file:${join(folder, "drizzle.db")}`;
  const former = databaseClient(url, undefined, fail);
  await migrate(drizzle(former), { migrationsFolder });
  await former.execute("insert into facts values ('incarnation', 'abc 0')");
  const before = await shape(former);
  former.close?.();
  expect(await upToDate(former, migrations)).toBe(0);
  const partly = databaseClient(`file:${join(folder, "partly.db")}`, undefined, fail);
  await migrateDatabase(partly, migrations.slice(0, 2));
  await partly.execute("insert into facts values ('incarnation', 'abc 0')");
  expect(await upToDate(partly, migrations)).toBe(migrations.length - 2);
  expect(await shape(partly)).toEqual(before);
  expect((await partly.execute("select value from facts")).rows[0]![0]).toBe("abc 0");
});

test("a remote database is brought up to date when it is opened", async () => {
  await emptied(server.url);
  const { $client } = await openDatabase(server.url, undefined, migrationsFolder, fail);
  expect(await shape($client)).toEqual(await fresh());
});
