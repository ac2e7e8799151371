import { writeSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { Disk } from "../journal/disk.ts";

const SPACE_MS = 1_000;
/** To hand over so little to another thread takes longer than to write it. What is written is not safe yet in any case. */
const LITTLE_BYTES = 16 * 1024;

/** A folder of this server as a journal's disk. */
export async function nodeDisk(folder: string): Promise<Disk & { close(): Promise<void> }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(folder, name);
  const handles = new Map<string, Promise<FileHandle>>();
  const toAdd = (name: string) => {
    const handle = handles.get(name) ?? open(at(name), "a", 0o600);
    handles.set(name, handle);
    handle.catch(() => handles.delete(name));
    return handle;
  };
  async function close(name: string) {
    const handle = handles.get(name);
    handles.delete(name);
    await (await handle)?.close();
  }

  return {
    /** For whoever has it open no longer than for one act. */
    close: async () => void (await Promise.all([...handles.keys()].map(close))),
    names: () => readdir(folder),
    read: (name) =>
      readFile(at(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      }),
    async readAt(name, offset, bytes) {
      const file = await open(at(name));
      try {
        const { bytesRead, buffer } = await file.read(new Uint8Array(bytes), 0, bytes, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    async append(name, bytes) {
      const file = await toAdd(name);
      const written = bytes.length <= LITTLE_BYTES ? writeSync(file.fd, bytes) : 0;
      if (written < bytes.length) await file.appendFile(bytes.subarray(written));
    },
    sync: async (name) => (await toAdd(name)).datasync(),
    async syncNames() {
      const handle = await open(folder);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    truncate: (name, bytes) => truncate(at(name), bytes),
    async rename(from, to) {
      await close(from);
      await close(to);
      await rename(at(from), at(to));
    },
    async remove(name) {
      await close(name);
      await rm(at(name), { force: true });
    },
    untilSpace: () => sleep(SPACE_MS),
    checksum: (text) => crc32(text),
  };
}
