import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import Database from "libsql";
import { embeddedClient } from "../embedded.ts";
import { writeBatches } from "../write-batches.ts";
import { logSync } from "./log-sync.ts";

/** The embedded database, or a remote one, which keeps itself. */
export async function openDatabase(url: string, authToken: string | undefined, migrationsFolder: string, broken: (error: unknown) => void) {
  const client = url.startsWith("file:")
    ? openFile(url.startsWith("file:/") ? fileURLToPath(url) : decodeURIComponent(url.slice("file:".length)), broken)
    : writeBatches(createClient({ url, ...(authToken !== undefined && { authToken }) }));
  const database = drizzle(client);
  await migrate(database, { migrationsFolder });
  return database;
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
    log: logSync(`${realpathSync(path)}-wal`, broken),
  });
}
