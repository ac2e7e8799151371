import { join } from "node:path";
import type { Client, Value } from "@libsql/client";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { migrateDatabase, type Migration } from "../../migrations.ts";
import { pagesOf } from "./pages.ts";
import { ask, NUMBERS, quoted, type Row, type Table, tablesOf } from "./tables.ts";

export const migrations: Migration[] = readMigrationFiles({ migrationsFolder: join(import.meta.dirname, "../../../../migrations") });

/** A database in which every table has so many rows, of every kind of value that SQLite has a column for. */
export async function fill(client: Client, rows: number, steps = migrations) {
  await migrateDatabase(client, steps);
  const tables = (await tablesOf(client)).filter(({ name }) => name !== NUMBERS.name);
  for (const table of tables) {
    const value = await valuesOf(client, table);
    for (let i = 1; i <= rows; i += 50) {
      const some = Array.from({ length: Math.min(50, rows - i + 1) }, (_, more) => table.columns.map((column) => value(column, i + more)));
      const places = some.map((row) => `(${row.map(() => "?").join(", ")})`).join(", ");
      await client.execute({
        sql: `insert into ${quoted(table.name)} (${table.columns.map(quoted).join(", ")}) values ${places}`,
        args: some.flat(),
      });
    }
  }
  // The last numbers that were given belong to rows that are gone.
  for (const { name } of tables)
    await client.execute(`delete from ${quoted(name)} where rowid = ${rows} and '${name}' in ('activity', 'timeline')`);
}

async function valuesOf(client: Client, { name }: Table) {
  const types = new Map((await ask(client, `select name, lower(type) from pragma_table_info('${name}')`)) as [string, string][]);
  const references = await ask(client, `select "from", "table", "to" from pragma_foreign_key_list('${name}')`);
  return (column: string, i: number): Value => {
    const [, table, to] = references.find(([from]) => from === column) ?? [];
    if (table) return text(`${String(table)} ${String(to)} ${i}`, i);
    return types.get(column) === "integer" ? i : text(`${name} ${column} ${i}`, i);
  };
}

const text = (words: string, i: number) => (i % 10 === 0 ? `${words} "ü\n\u2028\u0000🂡` : words);

/** Everything a database holds, to be compared. */
export async function everything(client: Client): Promise<Record<string, Row[]>> {
  const all: Record<string, Row[]> = {};
  for (const table of await tablesOf(client)) {
    const rows: Row[] = [];
    for await (const page of pagesOf(client, table)) rows.push(...page);
    all[table.name] = table.name === NUMBERS.name ? rows.sort() : rows;
  }
  return all;
}
