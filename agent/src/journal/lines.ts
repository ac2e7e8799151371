import type { Disk } from "./disk.ts";

const LINE_FEED = 10;

/** A line that says by its checksum whether it is whole: CRC-32 in hex, a space, JSON, a line feed. */
export function lineOf(disk: Disk, value: unknown): string {
  const text = JSON.stringify(value);
  return `${hex(disk.checksum(text))} ${text}\n`;
}

/**
 * What each line of a file says, undefined where it is spoiled. A tail that was cut short was never promised to anyone: it goes.
 * What is left is safe: an agent that was killed may have written what it had no time to sync, and nobody can tell it from the rest.
 */
export async function readLines<T>(disk: Disk, name: string, recordOf: (value: unknown) => T | undefined) {
  const raw = (await disk.read(name)) ?? new Uint8Array();
  const records: (T | undefined)[] = [];
  let bytes = 0;
  let whole = 0;
  for (let at = 0, end = raw.indexOf(LINE_FEED); end >= 0; at = end + 1, end = raw.indexOf(LINE_FEED, at)) {
    records.push(recordOf(readLine(disk, new TextDecoder().decode(raw.subarray(at, end)))));
    if (records.at(-1) === undefined) continue;
    whole = records.length;
    bytes = end + 1;
  }
  if (bytes < raw.length) await disk.truncate(name, bytes);
  if (bytes > 0) await disk.sync(name);
  return { raw, bytes, records: records.slice(0, whole) };
}

/** What a line says, without its line feed; undefined where it is not what was written. */
export function readLine(disk: Disk, line: string): unknown {
  const text = line.slice(9);
  if (line[8] !== " " || line.slice(0, 8) !== hex(disk.checksum(text))) return undefined;
  return JSON.parse(text);
}

const hex = (checksum: number) => checksum.toString(16).padStart(8, "0");
