import type { Client } from "@libsql/client";

/** Drizzle names no mode for a batch, and libSQL then takes the write lock only at the first write; ours take it at once. */
export function writeBatches<C extends Client>(client: C): C {
  const batch = client.batch.bind(client);
  return Object.assign(client, { batch: (statements: Parameters<Client["batch"]>[0]) => batch(statements, "write") });
}
