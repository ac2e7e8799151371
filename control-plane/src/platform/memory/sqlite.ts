import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Client, InStatement, ResultSet } from "@libsql/client";

/** libSQL's client over an SQLite in this process, which remembers its statements: a simulation asks millions. */
export function memoryClient(): Client {
  const database = new DatabaseSync(":memory:");
  const statements = new Map<string, StatementSync>();

  function prepared(sql: string) {
    const known = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, known);
    known.setReturnArrays(true);
    return known;
  }
  function run(statement: InStatement): ResultSet {
    const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
    const asked = prepared(sql);
    const columns = asked.columns().map(({ name }) => name);
    const rows = asked.all(...(args as unknown[]).map(stored)) as unknown as ResultSet["rows"];
    return { columns, columnTypes: [], rows, rowsAffected: 0, lastInsertRowid: undefined, toJSON: () => ({}) };
  }
  /** All of them or none. */
  function batch(all: InStatement[], begin = "BEGIN IMMEDIATE") {
    database.exec(begin);
    try {
      const results = all.map(run);
      database.exec("COMMIT");
      return results;
    } catch (error) {
      database.exec("ROLLBACK");
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
