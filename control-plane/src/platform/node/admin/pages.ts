import type { Client, Value } from "@libsql/client";
import { ask, quoted, type Row, type Table } from "./tables.ts";

const MOST_ROWS = 2_000;
/** A libSQL server answers with 10 MB at most. */
const PAGE_CHARACTERS = 1024 * 1024;

/** Every row of a table, in the order they were made, a page at a time: as many rows as make about a megabyte. */
export async function* pagesOf(client: Client, { name, columns }: Table): AsyncGenerator<Row[]> {
  const sql = `select rowid, ${columns.map(quoted).join(", ")} from ${quoted(name)} where rowid > ? order by rowid limit ?`;
  let after: Value = Number.MIN_SAFE_INTEGER;
  let limit = 100;
  for (;;) {
    let page: Row[];
    try {
      page = await ask(client, sql, [after, limit]);
    } catch (error) {
      if (limit === 1 || !/too large/i.test(String(error))) throw error;
      limit = Math.ceil(limit / 8);
      continue;
    }
    if (page.length === 0) return;
    after = page.at(-1)![0]!;
    yield page.map((row) => row.slice(1));
    limit = Math.max(1, Math.min(MOST_ROWS, limit * 4, Math.floor((PAGE_CHARACTERS / (sizeOf(page) + 1)) * page.length)));
  }
}

const sizeOf = (rows: Row[]) => rows.reduce((sum, row) => sum + row.reduce<number>((size, value) => size + sizeOfValue(value), 0), 0);

export const sizeOfValue = (value: Value) =>
  typeof value === "string" ? value.length : value instanceof ArrayBuffer ? value.byteLength : 8;
