import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { FORMAT_VERSION, Footer, Header, parsed, rowOf } from "./format.ts";
import { Refusal } from "./refusal.ts";
import type { Row } from "./tables.ts";

export interface Found {
  /** The table's place in the header. */
  table: number;
  row: Row;
}

/** Reads an export: tells of its header, gives each row, and ends only where the whole has proved to be what was written. */
export async function* readExport(file: string, onHeader: (header: Header) => void = () => {}): AsyncGenerator<Found> {
  const hash = createHash("sha256");
  const rows: number[] = [];
  let header: Header | undefined;
  let digest: string | undefined;
  for await (const line of linesOf(file)) {
    if (digest !== undefined) throw damaged(file, "something follows its end");
    if (header && line.startsWith("{")) {
      digest = Footer.safeParse(parsed(line)).data?.sha256;
      if (digest !== hash.digest("hex")) throw damaged(file, "its checksum does not fit");
      continue;
    }
    hash.update(line).update("\n");
    if (!header) {
      header = headerOf(file, line);
      onHeader(header);
      continue;
    }
    const found = rowOf(line);
    if (!found || found.row.length !== header.tables[found.table]?.columns.length) throw damaged(file, "one of its lines is no row");
    rows[found.table] = (rows[found.table] ?? 0) + 1;
    yield found;
  }
  if (!header) throw new Refusal(`${file} is empty.`);
  if (digest === undefined) throw damaged(file, "it ends too early");
  if (header.tables.some((table, i) => table.rows !== (rows[i] ?? 0))) throw damaged(file, "rows are missing");
}

function headerOf(file: string, line: string): Header {
  const said = parsed(line) as { format?: unknown; version?: unknown } | undefined;
  if (said?.format !== "appos-export") throw new Refusal(`${file} is no export of AppOS.`);
  if (said.version !== FORMAT_VERSION)
    throw new Refusal(`${file} was written by a newer AppOS than this one. Update AppOS, then import it.`);
  const { data } = Header.safeParse(said);
  if (!data) throw damaged(file, "its first line does not fit");
  return data;
}

/** The lines of a compressed file, without their ends. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  const text = source.on("error", (error) => text.destroy(error)).pipe(createGunzip({ chunkSize: 256 * 1024 }));
  let begun: Buffer[] = [];
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(10);
      if (end === -1) {
        begun.push(chunk);
        continue;
      }
      const lines = Buffer.concat([...begun, chunk.subarray(0, end)]).toString("utf8");
      begun = [chunk.subarray(end + 1)];
      yield* lines.split("\n");
    }
  } catch (error) {
    throw refusalOf(file, error);
  } finally {
    source.destroy();
  }
  if (begun.some(({ length }) => length > 0)) throw damaged(file, "it ends too early");
}

function refusalOf(file: string, error: unknown) {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "Z_BUF_ERROR") return damaged(file, "it ends too early");
  if (code === "Z_DATA_ERROR") return damaged(file, "it cannot be unpacked");
  if (code === "ENOENT") return new Refusal(`There is no file ${file}.`);
  return error;
}

const damaged = (file: string, why: string) => new Refusal(`${file} is damaged: ${why}. Nothing of it can be used; export again.`);
