import type { Client, InStatement } from "@libsql/client";

/** One step of the schema, as drizzle's `readMigrationFiles` gives it: its statements, and when it was made, which is its number. */
export interface Migration {
  sql: string[];
  hash: string;
  folderMillis: number;
}

/** How a database stands to the schema that this code knows. */
export type SchemaState = "current" | "behind" | "newer" | "empty" | "importing";

/** Why a control plane does not start over a database in this state, and what to do. */
export const schemaSentence = {
  behind: 'The database has an older schema than this AppOS. Run "npm run migrate" with its APPOS_DATABASE_URL, then start again.',
  empty: 'The database is empty. Run "npm run migrate" with its APPOS_DATABASE_URL, then start again.',
  newer: "The database was made by a newer AppOS than this one, and is left as it is. Update AppOS, then start again.",
  importing:
    'An import into this database was not finished, so what it holds is not whole. Run "npm run admin -- import FILE" with the same file again.',
} as const satisfies Record<Exclude<SchemaState, "current">, string>;

/** No control plane may use this database as it is. Nothing was changed. */
export class DatabaseRefused extends Error {
  readonly state: keyof typeof schemaSentence;
  constructor(state: keyof typeof schemaSentence) {
    super(schemaSentence[state]);
    this.state = state;
  }
}

/** Drizzle's own, so that databases it has made go on. */
const TABLE = "__drizzle_migrations";
export const createRecords = `CREATE TABLE IF NOT EXISTS ${TABLE} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`;

const BUSY_WAITS_MS = [50, 200, 500, 1_000, 2_000];

/** The fact that a database has from the first row of an import to its last. */
export const IMPORTING = "importing";

/** Where a database stands, in one question. `lastKnown`: the number of the newest migration in this code. */
export async function schemaState(client: Pick<Client, "execute">, lastKnown: number): Promise<SchemaState> {
  const importing = `(select count(*) from facts where name = '${IMPORTING}')`;
  try {
    const { rows } = await client.execute(`select (select max(created_at) from ${TABLE}) as last, ${importing} as importing`);
    const [last, imports] = [rows[0]![0], Number(rows[0]![1])];
    if (last === null) return "empty";
    if (Number(last) > lastKnown) return "newer";
    if (imports > 0) return "importing";
    return Number(last) < lastKnown ? "behind" : "current";
  } catch (error) {
    if (isMissingTable(error)) return "empty";
    throw error;
  }
}

/**
 * Brings a database to the newest schema. Each migration and the row that says so are one write batch: whoever is killed, at
 * whatever moment, leaves a whole step behind, and of two at once one waits for the other. Answers how many steps were made.
 */
export async function migrateDatabase(client: Pick<Client, "execute" | "migrate">, migrations: Migration[]): Promise<number> {
  const known = new Set(migrations.map(({ folderMillis }) => folderMillis));
  let made = 0;
  for (let waits = 0; ;) {
    const done = await applied(client);
    if (done.some((number) => !known.has(number))) throw new DatabaseRefused("newer");
    const last = Math.max(0, ...done);
    const next = migrations.find(({ folderMillis }) => folderMillis > last);
    if (!next) return made;
    try {
      await client.migrate([claim(next, last), ...next.sql]);
      made++;
    } catch (error) {
      // Somebody else may have made this step, or we have, and only the answer was lost.
      if (Math.max(0, ...(await applied(client))) > last) continue;
      if (!isBusy(error) || waits === BUSY_WAITS_MS.length) throw error;
      await new Promise((done) => setTimeout(done, BUSY_WAITS_MS[waits++]));
    }
  }
}

/** The numbers of the migrations that a database has. */
async function applied(client: Pick<Client, "execute">): Promise<number[]> {
  try {
    const { rows } = await client.execute(`select created_at from ${TABLE} order by created_at`);
    return rows.map((row) => Number(row[0]));
  } catch (error) {
    if (!isMissingTable(error)) throw error;
    await client.execute(createRecords);
    return [];
  }
}

/** That a migration was made, for whoever makes several at one stroke. */
export const recordOf = ({ hash, folderMillis }: Migration): InStatement => ({
  sql: `INSERT INTO ${TABLE} (hash, created_at) VALUES (?, ?)`,
  args: [hash, folderMillis],
});

/** Fails, and with it the whole batch, unless the database stands where it stood when this was decided. */
function claim({ hash, folderMillis }: Migration, last: number): InStatement {
  return {
    sql: `INSERT INTO ${TABLE} (hash, created_at) SELECT CASE WHEN coalesce((SELECT max(created_at) FROM ${TABLE}), 0) = ? THEN ? END, ?`,
    args: [last, hash, folderMillis],
  };
}

const text = (error: unknown) => (error instanceof Error ? error.message : String(error));
const isMissingTable = (error: unknown) => text(error).includes("no such table");
const isBusy = (error: unknown) => /SQLITE_BUSY|database is locked/i.test(text(error));
