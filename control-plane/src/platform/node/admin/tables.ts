import type { Client, Value } from "@libsql/client";

/** A table by its name and columns. */
export interface Table {
  name: string;
  columns: string[];
}
/** A row of it: a value for each column, in their order. */
export type Row = Value[];

/** SQLite's own table of the numbers it has given: a number that was given once is never given again, here or elsewhere. */
export const NUMBERS: Table = { name: "sqlite_sequence", columns: ["name", "seq"] };
const MIGRATIONS = "__drizzle_migrations";
/** Their names: those of SQLite and of a libSQL server are theirs. */
const OURS =
  "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' and name not like 'libsql\\_%' escape '\\'";

/** Every table that holds something of AppOS, those first that others refer to; last the numbers that were given. */
export async function tablesOf(client: Client): Promise<Table[]> {
  const [columns, references] = await Promise.all([
    ask(client, `select m.name, c.name from (${OURS}) m, pragma_table_info(m.name) c order by m.name, c.cid`),
    ask(client, `select m.name, f."table" from (${OURS}) m, pragma_foreign_key_list(m.name) f`),
  ]);
  const tables = new Map<string, Table>();
  for (const [name, column] of columns as [string, string][]) {
    if (name === MIGRATIONS) continue;
    const table = tables.get(name) ?? { name, columns: [] };
    tables.set(name, { name, columns: [...table.columns, column] });
  }
  return [...inOrder(tables, references as [string, string][]), ...(tables.size > 0 ? [NUMBERS] : [])];
}

function inOrder(tables: Map<string, Table>, references: [string, string][]): Table[] {
  const ordered = new Map<string, Table>();
  const visit = (name: string, from: string[]) => {
    const table = tables.get(name);
    if (!table || ordered.has(name) || from.includes(name)) return;
    for (const [referring, referred] of references) if (referring === name) visit(referred, [...from, name]);
    ordered.set(name, table);
  };
  for (const name of tables.keys()) visit(name, []);
  return [...ordered.values()];
}

/** The number of the newest migration that a database has. */
export async function schemaOf(client: Client): Promise<number> {
  const [newest] = await ask(client, `select max(created_at) from ${MIGRATIONS}`);
  return Number(newest![0]);
}

export async function countOf(client: Client, { name }: Table): Promise<number> {
  const [row] = await ask(client, `select count(*) from ${quoted(name)}`);
  return Number(row![0]);
}

/** Whether one of several control planes has said within the last half minute that it uses the database. */
export async function isUsed(client: Client): Promise<boolean> {
  const [there] = await ask(client, "select 1 from sqlite_master where name = 'leases'");
  return there !== undefined && (await ask(client, "select 1 from leases where until > ?", [Date.now()])).length > 0;
}

/** Takes away every table, with what is in it. */
export async function dropAll(client: Client): Promise<string[]> {
  const names = await ask(client, OURS);
  return names.map(([name]) => `DROP TABLE ${quoted(String(name))}`);
}

/** The rows a question is answered with, as plain lists. */
export async function ask(client: Client, sql: string, args: Value[] = []): Promise<Row[]> {
  const { rows, columns } = await client.execute({ sql, args });
  return rows.map((row) => columns.map((_, i) => row[i]!));
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
