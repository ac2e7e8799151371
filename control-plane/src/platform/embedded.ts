import type { Client, InStatement, ResultSet } from "@libsql/client";

/** The one connection to an SQLite in this process, as its driver gives it. */
export interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Query;
  inTransaction(): boolean;
  /** Where a commit is not on the disk at once: told of each, and asked when all of them are. */
  log?: { committed(): void; safe(): Promise<void> | undefined };
}
/** A statement made ready, to be asked again and again. */
export interface Query {
  columns: string[];
  /** Gives back every row, each value in the order of `columns`. */
  all(args: unknown[]): unknown[][];
}

/** Statements kept ready. What is asked is nearly always the same few; lists of any length make ever new ones. */
const READY = 500;

/**
 * libSQL's client over one connection of this process. Its own makes every statement ready anew, which takes longer than to
 * carry it out.
 */
export function embeddedClient(connection: Connection): Client {
  const { log } = connection;
  const ready = new Map<string, Query & { writes: boolean }>();

  function readied(sql: string) {
    const known = ready.get(sql);
    if (known) return known;
    const query = { ...connection.prepare(sql), writes: !/^\s*(select|pragma|savepoint|rollback)\b/i.test(sql) };
    if (ready.size >= READY) ready.delete(ready.keys().next().value!);
    ready.set(sql, query);
    return query;
  }
  function run(asked: InStatement): ResultSet {
    const { sql, args = [] } = typeof asked === "string" ? { sql: asked } : asked;
    const { columns, all, writes } = readied(sql);
    if (writes) log?.committed();
    const rows = all((args as unknown[]).map(stored)) as unknown as ResultSet["rows"];
    return { columns, columnTypes: [], rows, rowsAffected: 0, lastInsertRowid: undefined, toJSON: () => ({}) };
  }
  /** All of them or none. A savepoint, so that whoever has begun a transaction around everything can take it all back. */
  function batch(all: InStatement[]) {
    run("SAVEPOINT batch");
    try {
      const results = all.map(run);
      run("RELEASE batch");
      return results;
    } catch (error) {
      // Where the disk is full SQLite may have taken it back already.
      if (connection.inTransaction()) for (const sql of ["ROLLBACK TO batch", "RELEASE batch"]) run(sql);
      throw error;
    }
  }

  /** What is answered is on the disk, also where it was somebody else who wrote it, and also where the answer is an error. */
  async function safely<T>(work: () => T): Promise<T> {
    try {
      return work();
    } finally {
      await log?.safe();
    }
  }

  const client: Partial<Client> = {
    execute: async (statement: InStatement | string) => safely(() => run(statement)),
    batch: async (all) => safely(() => batch(all as InStatement[])),
    async migrate(all) {
      connection.exec("PRAGMA foreign_keys = OFF");
      try {
        return await safely(() => batch(all));
      } finally {
        // What was made ready before knows the tables as they were.
        ready.clear();
        connection.exec("PRAGMA foreign_keys = ON");
      }
    },
  };
  return client as Client;
}

const stored = (value: unknown) => (typeof value === "boolean" ? Number(value) : value);
