import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@libsql/client";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { identity } from "../../../identity.ts";
import type { Migration } from "../../migrations.ts";
import { databaseClient } from "../database.ts";
import { masterKeyIn } from "../keys.ts";
import type { NodeSettings } from "../settings.ts";
import { Refusal } from "./refusal.ts";

export type Place = ReturnType<typeof placeOf>;

/** Where one AppOS keeps what it knows: what a command of `appos-admin` works on. */
export function placeOf(settings: NodeSettings, programs: string) {
  const { databaseUrl, databaseToken, dataDir } = settings;
  const embedded = databaseUrl.startsWith("file:");
  const shown = databaseUrl.replace(/\/\/[^@/]*@/, "//");
  const masterKey = async () => settings.secretKey ?? (await masterKeyIn(dataDir));
  return {
    settings,
    embedded,
    shown,
    migrations: readMigrationFiles({ migrationsFolder: join(programs, "migrations") }) satisfies Migration[],
    masterKey,
    /** Who the control plane is by its master key; undefined where that is not at hand. */
    async controlPlaneId() {
      const key = await masterKey();
      return key && (await identity(key)).id;
    },
    /** The database, for nobody but us where it is embedded. `existing`: none is made. */
    async open({ existing }: { existing: boolean }): Promise<Client> {
      if (embedded && existing && !existsSync(pathOf(databaseUrl)))
        throw new Refusal(`There is no database at ${shown}. Name its folder in APPOS_DATA_DIR, or its address in APPOS_DATABASE_URL.`);
      try {
        const client = databaseClient(databaseUrl, databaseToken, (error) => {
          process.stderr.write(`appos-admin: The database cannot be made safe on its disk: ${String(error)}\n`);
          process.exit(1);
        });
        await client.execute("select 1");
        return client;
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        if (/SQLITE_BUSY|locked/.test(text)) throw new Refusal(`AppOS runs on the data folder ${dataDir}. Stop it first.`);
        throw new Refusal(`The database ${shown} cannot be opened: ${text}`);
      }
    },
  };
}

const pathOf = (url: string) => (url.startsWith("file:/") ? fileURLToPath(url) : decodeURIComponent(url.slice("file:".length)));
