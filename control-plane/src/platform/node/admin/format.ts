import type { Value } from "@libsql/client";
import { z } from "zod";
import type { Row } from "./tables.ts";

/** The first line of an export. Then comes a line for each row, `[table, value, …]`, table by table in this order. */
export const Header = z.object({
  format: z.literal("appos-export"),
  version: z.int(),
  /** The number of the newest migration of the database it came from. */
  schema: z.int(),
  appos: z.string(),
  at: z.string(),
  /** Whose master key opens what is sealed; null where it was not at hand. */
  controlPlaneId: z.string().nullable(),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()).min(1), rows: z.int().nonnegative() })),
});
export type Header = z.output<typeof Header>;
export const FORMAT_VERSION = 1;

/** The last line: SHA-256, in hex, of every byte before it. */
export const Footer = z.strictObject({ sha256: z.string() });

/** Bytes, which JSON has no word for. */
const Bytes = z.strictObject({ base64: z.string() });

export function rowLine(table: number, row: Row): string {
  return `${JSON.stringify([table, ...row.map((value) => (isBytes(value) ? { base64: Buffer.from(value).toString("base64") } : value))])}\n`;
}

/** The table's place and the row, of a line that is one; undefined for anything else. */
export function rowOf(line: string): { table: number; row: Row } | undefined {
  const said = parsed(line);
  if (!Array.isArray(said)) return undefined;
  const [table, ...values] = said as unknown[];
  const row: Row = [];
  for (const value of values) {
    const known = valueOf(value);
    if (known === undefined) return undefined;
    row.push(known);
  }
  return typeof table === "number" ? { table, row } : undefined;
}

function valueOf(value: unknown): Value | undefined {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  const { data } = Bytes.safeParse(value);
  return data && new Uint8Array(Buffer.from(data.base64, "base64")).buffer;
}

const isBytes = (value: unknown): value is ArrayBuffer => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
