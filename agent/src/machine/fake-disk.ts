import { crc32 } from "node:zlib";
import type { Disk } from "../journal/disk.ts";

interface FakeFile {
  bytes: Uint8Array;
  /** How many of them a power cut leaves. */
  synced: number;
}

/** What may go wrong with each thing asked of the disk; throws, or answers how many bytes of an append are still written. */
export type DiskFault = (act: "append" | "sync" | "syncNames" | "truncate" | "rename" | "remove", name: string) => void;

/** A disk in memory, which forgets what was not synced when its power is cut. Whoever had it mounted before writes nothing more. */
export function fakeDisk(fault: DiskFault = () => {}, delay: (ms?: number) => Promise<void> = async () => {}) {
  let files = new Map<string, FakeFile>();
  /** The folder as a power cut leaves it. */
  let names = new Map<string, FakeFile>();
  let mounts = 0;

  function mount(): Disk {
    const mine = ++mounts;
    async function act<T>(task: () => T): Promise<T> {
      await delay();
      if (mine !== mounts) return new Promise<T>(() => {});
      return task();
    }
    const get = (name: string) => files.get(name);
    return {
      names: () => act(() => [...files.keys()]),
      read: (name) => act(() => get(name)?.bytes.slice()),
      readAt: (name, offset, bytes) => act(() => get(name)!.bytes.slice(offset, offset + bytes)),
      append: (name, bytes) =>
        act(() => {
          const file = get(name) ?? { bytes: new Uint8Array(), synced: 0 };
          files.set(name, file);
          const add = (part: Uint8Array) => (file.bytes = joined(file.bytes, part));
          try {
            fault("append", name);
          } catch (error) {
            add(bytes.subarray(0, bytes.length / 2));
            throw error;
          }
          add(bytes);
        }),
      sync: (name) =>
        act(() => {
          fault("sync", name);
          const file = get(name);
          if (file) file.synced = file.bytes.length;
        }),
      syncNames: () =>
        act(() => {
          fault("syncNames", "");
          names = new Map(files);
        }),
      truncate: (name, bytes) =>
        act(() => {
          fault("truncate", name);
          const file = get(name)!;
          file.bytes = file.bytes.slice(0, bytes);
          file.synced = Math.min(file.synced, bytes);
        }),
      rename: (from, to) =>
        act(() => {
          fault("rename", from);
          const file = get(from)!;
          files.delete(from);
          files.set(to, file);
        }),
      remove: (name) =>
        act(() => {
          fault("remove", name);
          files.delete(name);
        }),
      untilSpace: () => delay(1_000),
      checksum: (text) => crc32(text),
    };
  }

  return {
    mount,
    /** Whoever has it mounted is dead. */
    unmount: () => void mounts++,
    /** What is in a file now, as text. */
    text: (name: string) => new TextDecoder().decode(files.get(name)?.bytes),
    names: () => [...files.keys()],
    write: (name: string, bytes: Uint8Array) => void files.set(name, { bytes, synced: bytes.length }),
    wipe() {
      files = new Map();
      names = new Map();
    },
    /** Of what was not synced, `keeps` says how many bytes of each file are there afterwards. */
    cutPower(keeps: (bytes: number) => number = () => 0) {
      files = new Map(
        [...names].map(([name, { bytes, synced }]) => {
          const left = bytes.slice(0, synced + keeps(bytes.length - synced));
          return [name, { bytes: left, synced: left.length }];
        }),
      );
      names = new Map(files);
    },
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
