import { failpoint } from "@appos/shared/failpoint";
import { type Disk, DiskFull, isFull } from "./disk.ts";

export type Writer = ReturnType<typeof writer>;

/**
 * Adds to one file, in the order asked. Those who wait share a sync. On a full disk the file stays as it was, and whoever is
 * `patient` waits for space; the others are told by DiskFull. Any other failure is for ever: who cannot sync does not know what
 * is on the disk.
 */
export function writer(disk: Disk, name: string, size: number) {
  let waiting: Asked[] = [];
  let waitingBytes = 0;
  let named = size > 0;
  let broken: unknown;
  let busy = Promise.resolve();

  async function write() {
    const batch = waiting;
    if (batch.length === 0) return;
    waiting = [];
    try {
      if (broken) throw broken;
      await disk.append(name, joined(batch.map(({ bytes }) => bytes)));
      failpoint("agent: written, and not synced");
      await Promise.all([disk.sync(name), named || disk.syncNames()]);
      named = true;
      for (const { bytes, safe } of batch) {
        waitingBytes -= bytes.length;
        safe(size);
        size += bytes.length;
      }
    } catch (error) {
      await failed(batch, isFull(error) ? await takeBack() : error);
    }
  }

  async function failed(batch: Asked[], told: unknown) {
    const isFull = told instanceof DiskFull;
    if (!isFull) broken = told;
    const patient = batch.filter((asked) => isFull && asked.patient);
    for (const { bytes, patient, failed } of batch) {
      if (isFull && patient) continue;
      waitingBytes -= bytes.length;
      failed(told);
    }
    if (patient.length === 0) return;
    waiting = [...patient, ...waiting];
    await disk.untilSpace();
    await write();
  }

  /** What was half written goes again, so that the file ends with a whole line. */
  async function takeBack() {
    try {
      if (named) await disk.truncate(name, size);
      else await disk.remove(name);
      return new DiskFull("There is no space left on this server's disk");
    } catch (error) {
      return error;
    }
  }

  return {
    size: () => size,
    /** Bytes that are not written yet. */
    waiting: () => waitingBytes,
    /** Resolves once it is safe; `safe` is called at that very moment, with where in the file it is. */
    add(text: string, { patient, safe = () => {} }: { patient: boolean; safe?: (offset: number) => void }): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const bytes = encoder.encode(text);
      waiting.push({
        bytes,
        patient,
        safe(offset) {
          safe(offset);
          resolve();
        },
        failed: reject,
      });
      waitingBytes += bytes.length;
      busy = busy.then(write);
      return promise;
    },
    /** Resolves once all that was asked for until now is done, or has failed. */
    idle: (): Promise<void> => busy,
    /** Does something to the file while nobody writes. */
    alone(task: () => Promise<number>): Promise<void> {
      const done = busy.then(async () => {
        if (!broken) size = await task();
      });
      busy = done.catch((error: unknown) => void (broken ??= error));
      return done;
    },
  };
}

interface Asked {
  bytes: Uint8Array;
  patient: boolean;
  safe(offset: number): void;
  failed(error: unknown): void;
}

const encoder = new TextEncoder();

function joined(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
