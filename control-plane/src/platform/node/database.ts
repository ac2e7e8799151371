import { createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import { writeBatches } from "../write-batches.ts";

/** The embedded database: one connection, ever, and nothing is committed before it is on the disk. A remote one keeps itself. */
export async function openDatabase(url: string, authToken: string | undefined, migrationsFolder: string) {
  const client = writeBatches(createClient({ url, concurrency: 1, ...(authToken !== undefined && { authToken }) }));
  if (url.startsWith("file:")) {
    await client.executeMultiple(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
    );
  }
  const database = drizzle(client);
  await migrate(database, { migrationsFolder });
  return database;
}
