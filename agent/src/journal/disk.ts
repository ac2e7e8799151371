/**
 * The folder that a journal lives in. Nothing is safe from a power cut before its file was synced; a file's name not before
 * `syncNames`. What rejects carries the system's code: after ENOSPC a part may have been written; after anything else nothing
 * that was not synced before can be relied on.
 */
export interface Disk {
  names(): Promise<string[]>;
  /** The whole file; undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  readAt(name: string, offset: number, bytes: number): Promise<Uint8Array>;
  /** Adds to a file, which is made where there is none. */
  append(name: string, bytes: Uint8Array): Promise<void>;
  sync(name: string): Promise<void>;
  syncNames(): Promise<void>;
  truncate(name: string, bytes: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens where there is none. */
  remove(name: string): Promise<void>;
  /** Where there was no space: resolves when it is worth trying again. */
  untilSpace(): Promise<void>;
  /** CRC-32, as zlib computes it. */
  checksum(text: string): number;
}

/** There is no space left; whatever was asked for has not happened. */
export class DiskFull extends Error {}

export const isFull = (error: unknown) => ["ENOSPC", "EDQUOT"].includes((error as { code?: string }).code ?? "");
