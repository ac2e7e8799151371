import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { readMigrationFiles } from "drizzle-orm/migrator";
import Database from "libsql";
import { embeddedClient } from "../embedded.ts";
import { DatabaseRefused, migrateDatabase, type Migration, schemaState } from "../migrations.ts";
import { writeBatches } from "../write-batches.ts";
import { logSync } from "./log-sync.ts";

/** A database with the schema that this code knows. */
export async function openDatabase(url: string, authToken: string | undefined, migrationsFolder: string, broken: (error: unknown) => void) {
  const client = databaseClient(url, authToken, broken);
  await upToDate(client, readMigrationFiles({ migrationsFolder }));
  return drizzle(client);
}

/** What a remote database has not answered by then, it does not answer. */
const ANSWER_MS = 20_000;
const inTime = (request: Request) => fetch(request, { signal: AbortSignal.timeout(ANSWER_MS) });

/** The embedded database, or a remote one, which keeps itself. */
export const databaseClient = (url: string, authToken: string | undefined, broken: (error: unknown) => void): Client =>
  url.startsWith("file:")
    ? openFile(url.startsWith("file:/") ? fileURLToPath(url) : decodeURIComponent(url.slice("file:".length)), broken)
    : writeBatches(createClient({ url, fetch: inTime, ...(authToken !== undefined && { authToken }) }));

/** Makes the steps that a database lacks, and answers how many; throws where no control plane may use it. */
export async function upToDate(client: Client, migrations: Migration[]): Promise<number> {
  const state = await schemaState(client, migrations.at(-1)?.folderMillis ?? 0);
  if (state === "current") return 0;
  if (state === "newer" || state === "importing") throw new DatabaseRefused(state);
  return migrateDatabase(client, migrations);
}

/** One connection, ever, and nothing is answered before it is on the disk. */
function openFile(path: string, broken: (error: unknown) => void) {
  const database = new Database(path);
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
  const [[mode]] = database.prepare("PRAGMA journal_mode = WAL").raw().all() as [[string]];
  if (mode !== "wal") throw new Error(`its file system allows no write-ahead log (SQLite's journal mode there is ${mode})`);
  // What an earlier process wrote and nobody has synced is written anew: of a log whose sync failed nobody knows what is on the disk.
  const [[busy]] = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").raw().all() as [[number]];
  if (busy !== 0) throw new Error("its write-ahead log could not be taken over");
  return clientOf(database, logSync(`${realpathSync(path)}-wal`, broken));
}

/** An empty database that is gone with this process. */
export const passingDatabase = (): Client => clientOf(new Database(":memory:"));

function clientOf(database: Database.Database, log?: ReturnType<typeof logSync>): Client {
  return embeddedClient({
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare<unknown[]>(sql);
      if (!statement.reader)
        return {
          columns: [],
          all(args) {
            statement.run(args);
            return [];
          },
        };
      statement.raw();
      return { columns: statement.columns().map(({ name }) => name), all: (args) => statement.all(args) as unknown[][] };
    },
    inTransaction: () => database.inTransaction,
    ...(log && { log }),
  });
}
