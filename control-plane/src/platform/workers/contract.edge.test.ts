import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@libsql/client";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrateDatabase } from "../migrations.ts";
import { portsContract } from "../ports.contract.ts";
import { sqld } from "../sqld.ts";

const root = join(import.meta.dirname, "../../../..");
interface Harness {
  listen(): Promise<{ url: URL }>;
  close(): Promise<void>;
}

let origin: string;
const ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  const database = await sqld();
  ends.push(database.stop);
  const client = createClient({ url: database.url });
  await migrateDatabase(client, readMigrationFiles({ migrationsFolder: join(root, "control-plane/migrations") }));
  client.close();
  const wrangler = pathToFileURL(createRequire(join(root, "tools/edge/package.json")).resolve("wrangler")).href;
  const { createTestHarness } = (await import(wrangler)) as { createTestHarness(options: object): Harness };
  const vars = { APPOS_DATABASE_URL: database.url, APPOS_SECRET_KEY: randomBytes(32).toString("base64") };
  const harness = createTestHarness({ workers: [{ configPath: join(import.meta.dirname, "contract/wrangler.toml"), vars }] });
  ends.push(() => harness.close());
  ({ origin } = (await harness.listen()).url);
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

for (const sentence of Object.keys(portsContract))
  test(sentence, async () => {
    const reply = await fetch(`${origin}/${encodeURIComponent(sentence)}`);
    expect(await reply.text()).toBe("kept");
  });
