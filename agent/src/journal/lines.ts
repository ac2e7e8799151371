import type { Disk } from "./disk.ts";

/** A line that says by its checksum whether it is whole: CRC-32 in hex, a space, JSON, a line feed. */
export function lineOf(disk: Disk, value: unknown): string {
  const text = JSON.stringify(value);
  return `${hex(disk.checksum(text))} ${text}\n`;
}

/** What a line says, without its line feed; undefined where it is not what was written. */
export function readLine(disk: Disk, line: string): unknown {
  const text = line.slice(9);
  if (line[8] !== " " || line.slice(0, 8) !== hex(disk.checksum(text))) return undefined;
  return JSON.parse(text);
}

const hex = (checksum: number) => checksum.toString(16).padStart(8, "0");
