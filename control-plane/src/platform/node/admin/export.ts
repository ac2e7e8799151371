import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { link, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Client } from "@libsql/client";
import { DatabaseRefused, schemaState } from "../../migrations.ts";
import { FORMAT_VERSION, type Header, rowLine } from "./format.ts";
import { pagesOf } from "./pages.ts";
import { Refusal } from "./refusal.ts";
import { ask, countOf, isUsed, quoted, schemaOf, type Table, tablesOf } from "./tables.ts";

export interface ExportAsked {
  client: Client;
  /** Nobody else can be writing. */
  alone: boolean;
  /** The number of the newest migration that this code knows. */
  newest: number;
  to: string;
  about: Pick<Header, "appos" | "at" | "controlPlaneId">;
}

/** What jobs said is only added to, and by far the most there is: that its end has not moved shows enough. */
const ADDED_TO = "entries";

/** Writes everything a database holds to a new file, which is there once it is whole. */
export async function exportTo({ client, alone, newest, to, about }: ExportAsked): Promise<Header> {
  if (existsSync(to)) throw isThere(to);
  const state = await schemaState(client, newest);
  if (state === "empty") throw new Refusal("There is nothing to export: AppOS has never used this database.");
  if (state === "newer" || state === "importing") throw new DatabaseRefused(state);
  if (await isUsed(client)) throw new Refusal("A control plane runs over this database. Stop it, then export.");
  const schema = await schemaOf(client);
  const tables = await tablesOf(client);
  const header: Header = { format: "appos-export", version: FORMAT_VERSION, schema, ...about, tables: [] };
  for (const table of tables) header.tables.push({ ...table, rows: await countOf(client, table) });

  const draft = `${to}.${process.pid}.new`;
  const seen = new Map<string, string>();
  try {
    await pipeline(Readable.from(textOf(client, header, seen)), createGzip(), createWriteStream(draft, { flags: "wx", mode: 0o600 }));
    if (!alone) await refuseChanges(client, header, seen);
    await putInPlace(draft, to);
  } finally {
    await rm(draft, { force: true });
  }
  return header;
}

/** The file, piece by piece. What each table was found to hold is noted by the way. */
async function* textOf(client: Client, header: Header, seen: Map<string, string>): AsyncGenerator<string> {
  const all = createHash("sha256");
  const hashed = (text: string) => (all.update(text), text);
  yield hashed(`${JSON.stringify(header)}\n`);
  for (const [number, table] of header.tables.entries()) {
    const own = createHash("sha256");
    let rows = 0;
    for await (const page of pagesOf(client, table)) {
      const text = page.map((row) => rowLine(number, row)).join("");
      own.update(text);
      rows += page.length;
      yield hashed(text);
    }
    if (rows !== table.rows) throw changed();
    seen.set(table.name, table.name === ADDED_TO ? await endOf(client, table) : own.digest("hex"));
  }
  yield `${JSON.stringify({ sha256: all.digest("hex") })}\n`;
}

/** Reads everything once more: what was read at different moments must be what was there at one. */
async function refuseChanges(client: Client, { tables }: Header, seen: Map<string, string>) {
  for (const [number, table] of tables.entries()) {
    if ((await nowIn(client, number, table)) !== seen.get(table.name)) throw changed();
  }
}

async function nowIn(client: Client, number: number, table: Table & { rows: number }): Promise<string> {
  if (table.name === ADDED_TO) return (await countOf(client, table)) === table.rows ? endOf(client, table) : "";
  const own = createHash("sha256");
  for await (const page of pagesOf(client, table)) own.update(page.map((row) => rowLine(number, row)).join(""));
  return own.digest("hex");
}

const endOf = async (client: Client, { name }: Table) => String(await ask(client, `select max(rowid) from ${quoted(name)}`));

const changed = () =>
  new Refusal("Something in the database changed during the export, so a control plane still runs over it. Stop it, then export again.");

const isThere = (to: string) => new Refusal(`${to} is there already. Name another file with --to.`);

/** Never over another file, and on the disk when it is said to be. */
async function putInPlace(draft: string, to: string) {
  const file = await open(draft, "r+");
  await file.sync().finally(() => file.close());
  await link(draft, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw isThere(to);
    // Some file systems know no second name for a file.
    return rename(draft, to);
  });
  const folder = await open(dirname(resolve(to)), "r");
  await folder.sync().finally(() => folder.close());
}
