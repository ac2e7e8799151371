import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { embeddedClient } from "../embedded.ts";

/** libSQL's client over Node's own SQLite, in memory: a simulation asks millions. */
export function memoryClient() {
  const database = new DatabaseSync(":memory:");
  database.exec("PRAGMA foreign_keys = ON");
  return embeddedClient({
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      const columns = statement.columns().map(({ name }) => name);
      return { columns, all: (args) => statement.all(...(args as SQLInputValue[])) as unknown as unknown[][] };
    },
    inTransaction: () => database.isTransaction,
  });
}
