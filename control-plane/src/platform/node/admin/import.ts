import { randomUUID } from "node:crypto";
import type { Client, InStatement } from "@libsql/client";
import { createRecords, DatabaseRefused, IMPORTING, migrateDatabase, type Migration, recordOf, schemaState } from "../../migrations.ts";
import { passingDatabase } from "../database.ts";
import type { Header } from "./format.ts";
import { sizeOfValue } from "./pages.ts";
import { type Found, readExport } from "./read-export.ts";
import { Refusal } from "./refusal.ts";
import { ask, countOf, dropAll, isUsed, NUMBERS, quoted, type Row, type Table, tablesOf } from "./tables.ts";

export interface ImportAsked {
  client: Client;
  file: string;
  migrations: Migration[];
  /** Whatever the database holds may go. */
  replace: boolean;
  /** Who the control plane is by the master key at hand; undefined where there is none. */
  controlPlaneId: string | undefined;
  /** Told of the rows that are written so far. */
  onRows?(written: number): void;
}

const ROWS_AT_ONCE = 100;
const STATEMENTS_AT_ONCE = 10;
const CHARACTERS_AT_ONCE = 512 * 1024;

/**
 * Fills a database with what an export holds. The file is read to its end before anything is written; from the first write
 * to the last the database says that it is not whole, and no control plane starts over it.
 */
export async function importFrom(asked: ImportAsked): Promise<Header> {
  const { client, file, migrations } = asked;
  const header = await checked(asked);
  await refuseToLose(asked);
  const mark = randomUUID();
  await emptied(client, mark, upTo(header.schema, migrations));
  await written(asked, mark);
  await confirmed(client, header, file);
  await migrateDatabase(client, migrations);
  await fenced(client, mark, [`DELETE FROM facts WHERE name = '${IMPORTING}'`]);
  return header;
}

const upTo = (schema: number, migrations: Migration[]) => migrations.filter(({ folderMillis }) => folderMillis <= schema);

/** The header of a file that is whole, and that this AppOS can take in. */
async function checked({ file, migrations, controlPlaneId }: ImportAsked): Promise<Header> {
  let header: Header | undefined;
  for await (const _ of readExport(file, (read) => (header = read)));
  const { schema, tables, controlPlaneId: theirs, appos } = header!;
  if (!migrations.some(({ folderMillis }) => folderMillis === schema))
    throw new Refusal(`${file} comes from AppOS ${appos}, which is newer than this one. Update AppOS, then import it.`);
  const model = passingDatabase();
  await migrateDatabase(model, upTo(schema, migrations));
  const shape = (all: Table[]) => JSON.stringify(all.map(({ name, columns }) => [name, columns]).sort());
  if (shape(await tablesOf(model)) !== shape(tables)) throw new Refusal(`${file} does not hold the tables that AppOS ${appos} had.`);
  if (theirs !== null && controlPlaneId !== undefined && theirs !== controlPlaneId)
    throw new Refusal(
      `${file} is sealed under another master key than the one here (${theirs}, here ${controlPlaneId}). Set APPOS_SECRET_KEY to what "npm run -s admin -- key" prints at the old place.`,
    );
  return header!;
}

/** Nothing is lost that was not meant to be. An import that was not finished is nobody's. */
async function refuseToLose({ client, migrations, replace }: ImportAsked) {
  const state = await schemaState(client, migrations.at(-1)?.folderMillis ?? 0);
  if (state === "newer") throw new DatabaseRefused(state);
  if (await isUsed(client)) throw new Refusal("A control plane runs over this database. Stop it, then import.");
  if (state === "importing") return;
  const tables = await tablesOf(client);
  const used: string[] = [];
  for (const table of tables) if (!BEFORE_SET_UP.includes(table.name) && (await countOf(client, table)) > 0) used.push(table.name);
  if (state === "empty" && used.length > 0)
    throw new Refusal("The database belongs to another program: it has tables that AppOS does not know.");
  if (used.length > 0 && !replace)
    throw new Refusal(
      `The database is in use: there is something in ${used.join(", ")}. Name another one, or give up what it holds with --replace.`,
    );
}

/** What a control plane writes that nobody has set up yet. */
const BEFORE_SET_UP = ["facts", "milestones", "attempts", "leases", NUMBERS.name];

/** At one stroke: all tables new, and the word that they are not whole. */
async function emptied(client: Client, mark: string, migrations: Migration[]) {
  const drops = await dropAll(client);
  const made = migrations.flatMap((migration) => [...migration.sql, recordOf(migration)]);
  await client.migrate([
    ...drops,
    createRecords,
    ...made,
    { sql: "INSERT INTO facts (name, value) VALUES (?, ?)", args: [IMPORTING, mark] },
  ]);
}

async function written({ client, file, onRows }: ImportAsked, mark: string) {
  let header: Header | undefined;
  let rows = 0;
  for await (const lot of lotsOf(readExport(file, (read) => (header = read)))) {
    await fenced(
      client,
      mark,
      lot.flatMap((some) =>
        inserts(
          header!.tables[some[0]!.table]!,
          some.map(({ row }) => row),
        ),
      ),
    );
    rows += lot.reduce((sum, some) => sum + some.length, 0);
    onRows?.(rows);
  }
}

/** Rows of one table in each statement, a few statements in each batch, and no batch large. */
async function* lotsOf(found: AsyncIterable<Found>): AsyncGenerator<Found[][]> {
  let lot: Found[][] = [];
  let characters = 0;
  for await (const one of found) {
    const size = one.row.reduce<number>((sum, value) => sum + sizeOfValue(value), 0);
    const some = lot.at(-1);
    const fits = some !== undefined && some[0]!.table === one.table && some.length < ROWS_AT_ONCE;
    if (lot.length > 0 && (characters + size > CHARACTERS_AT_ONCE || (!fits && lot.length === STATEMENTS_AT_ONCE))) {
      yield lot;
      [lot, characters] = [[[one]], size];
      continue;
    }
    characters += size;
    if (fits) some.push(one);
    else lot.push([one]);
  }
  if (lot.length > 0) yield lot;
}

function inserts({ name, columns }: Table, rows: Row[]): InStatement[] {
  const values = `(${columns.map(() => "?").join(", ")})`;
  const into = `INSERT INTO ${quoted(name)} (${columns.map(quoted).join(", ")}) VALUES ${rows.map(() => values).join(", ")}`;
  const insert = { sql: into, args: rows.flat() };
  if (name !== NUMBERS.name) return [insert];
  // SQLite has noted by itself which numbers it was given with the rows.
  const given = `DELETE FROM ${quoted(name)} WHERE name IN (${rows.map(() => "?").join(", ")})`;
  return [{ sql: given, args: rows.map(([table]) => table!) }, insert];
}

/** Done only while no other import of this database has begun. */
async function fenced(client: Client, mark: string, statements: InStatement[]) {
  const ours = `EXISTS (SELECT 1 FROM facts WHERE name = '${IMPORTING}' AND value = ?)`;
  const fence: InStatement = { sql: `INSERT INTO facts (name, value) SELECT '${IMPORTING}', NULL WHERE NOT ${ours}`, args: [mark] };
  try {
    await client.batch([fence, ...statements], "write");
  } catch (error) {
    const [now] = await ask(client, `select value from facts where name = '${IMPORTING}'`);
    if (now?.[0] === mark) throw error;
    throw new Refusal("Another import of this database has begun. This one ends.");
  }
}

/** What was written is what the file holds. */
async function confirmed(client: Client, { tables }: Header, file: string) {
  for (const table of tables) {
    const count = await countOf(client, table);
    const expected = table.name === "facts" ? table.rows + 1 : table.rows;
    if (count !== expected) throw new Refusal(`${table.name} has ${count} rows and not the ${expected} of ${file}. Import it again.`);
  }
  const broken = await ask(client, "PRAGMA foreign_key_check");
  if (broken.length > 0)
    throw new Refusal(`Rows of ${broken[0]![0]} refer to what ${file} does not hold. Export again, with AppOS stopped.`);
}
