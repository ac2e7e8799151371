import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Client, InStatement, ResultSet } from "@libsql/client";

/** libSQL's client over an SQLite in this process, which remembers its statements: a simulation asks millions. */
export function memoryClient(): Client {
  const database = new DatabaseSync(":memory:");
  const statements = new Map<string, { statement: StatementSync; columns: string[] }>();

  function prepared(sql: string) {
    const known = statements.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    const made = { statement, columns: statement.columns().map(({ name }) => name) };
    statements.set(sql, made);
    return made;
  }
  function run(asked: InStatement): ResultSet {
    const { sql, args = [] } = typeof asked === "string" ? { sql: asked } : asked;
    const { statement, columns } = prepared(sql);
    const rows = statement.all(...(args as unknown[]).map(stored)) as unknown as ResultSet["rows"];
    return { columns, columnTypes: [], rows, rowsAffected: 0, lastInsertRowid: undefined, toJSON: () => ({}) };
  }
  /** All of them or none; a savepoint, so that whoever has begun a transaction around everything can take it all back. */
  function batch(all: InStatement[]) {
    database.exec("SAVEPOINT batch");
    try {
      const results = all.map(run);
      database.exec("RELEASE batch");
      return results;
    } catch (error) {
      database.exec("ROLLBACK TO batch");
      database.exec("RELEASE batch");
      throw error;
    }
  }

  database.exec("PRAGMA foreign_keys = ON");
  const client: Partial<Client> = {
    execute: async (statement: InStatement | string) => run(statement),
    batch: async (all) => batch(all as InStatement[]),
    async migrate(all) {
      database.exec("PRAGMA foreign_keys = OFF");
      const results = batch(all);
      database.exec("PRAGMA foreign_keys = ON");
      return results;
    },
  };
  return client as Client;
}

const stored = (value: unknown): SQLInputValue => (typeof value === "boolean" ? Number(value) : (value as SQLInputValue));
