import type { LogPart, Machine, OpenDisk } from "../machine/machine.ts";
import { type Block, blocksIn, type LastStamps, type LogOrigin, partsOf } from "./blocks.ts";

/** Packed logs of one app at most; the oldest go first. */
export const ARCHIVE_BYTES = 64 * 1024 * 1024;
const SEGMENT_BYTES = 4 * 1024 * 1024;

/** What containers of one app have said that are gone, or were at some time about to go. */
export interface LogArchive {
  /** Each container with what is kept of it, in order of time. */
  kept(): Promise<{ origin: LogOrigin; blocks: Block[] }[]>;
  /** The lines of a block; none of one that is not whole. */
  lines(block: Block): Promise<LogPart[]>;
  /** How far a container's log is kept. */
  last(id: string): Promise<LastStamps | undefined>;
  /** Adds blocks, and returns once they are safe. */
  add(blocks: Uint8Array[]): Promise<void>;
  /** Does one thing with a container's log after the other. */
  inTurn<T>(id: string, act: () => Promise<T>): Promise<T>;
  remove(): Promise<void>;
}

const archives = new WeakMap<object, Map<string, LogArchive>>();

/** One for each compose project of a machine, whoever asks. */
export function logArchive(machine: Machine, project: string, limit = ARCHIVE_BYTES): LogArchive {
  const ofMachine = archives.get(machine) ?? new Map<string, LogArchive>();
  archives.set(machine, ofMachine);
  const archive = ofMachine.get(project) ?? openArchive(machine, project, limit);
  ofMachine.set(project, archive);
  return archive;
}

function openArchive(machine: Machine, project: string, limit: number): LogArchive {
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(project)) throw new Error(`${project} is no compose project's name`);
  const folder = `${machine.folder}/logs/${project}`;
  const turns = new Map<string, Promise<unknown>>();
  /** What is in segments that nothing is added to any more, as far as they were read. */
  const sealed = new Map<string, Block[]>();
  /** The segment that this process adds to: what another process left may end in the middle of a block. */
  let current: { name: string; bytes: number } | undefined;

  async function onDisk<T>(how: "make" | "look", act: (disk: OpenDisk) => Promise<T>, none: T): Promise<T> {
    const disk = await machine.disk(folder, how);
    if (!disk) return none;
    try {
      return await act(disk);
    } finally {
      await disk.close();
    }
  }

  async function blocksOf(disk: OpenDisk, segment: string) {
    const known = sealed.get(segment);
    if (known) return known;
    // One that was removed meanwhile is empty.
    const blocks = await blocksIn(disk, segment).catch(() => []);
    if (await isSealed(disk, segment)) sealed.set(segment, blocks);
    return blocks;
  }
  const isSealed = async (disk: OpenDisk, segment: string) => segment !== (await segmentsOn(disk)).at(-1);

  async function allBlocks(disk: OpenDisk) {
    const blocks: Block[] = [];
    for (const segment of await segmentsOn(disk)) blocks.push(...(await blocksOf(disk, segment)));
    return blocks;
  }

  async function kept() {
    const blocks = await onDisk("look", allBlocks, []);
    const containers = Map.groupBy(blocks, ({ id }) => id);
    return [...containers].map(([id, own]) => {
      const { service, container, release } = own.at(-1)!;
      return { origin: { id, service, container, release }, blocks: own };
    });
  }

  async function add(blocks: Uint8Array[]) {
    if (blocks.length === 0) return;
    await onDisk("make", (disk) => addTo(disk, blocks), undefined);
  }

  async function addTo(disk: OpenDisk, blocks: Uint8Array[]) {
    const bytes = blocks.reduce((sum, each) => sum + each.length, 0);
    if (!current || current.bytes + bytes > SEGMENT_BYTES) current = { name: await nextSegment(disk), bytes: 0 };
    const segment = current;
    try {
      for (const block of blocks) await disk.append(segment.name, block);
      await disk.sync(segment.name);
      if (segment.bytes === 0) await disk.syncNames();
    } catch (error) {
      current = undefined;
      throw error;
    }
    segment.bytes += bytes;
    await prune(disk);
  }

  /** The oldest go until the rest fits. */
  async function prune(disk: OpenDisk) {
    const segments = await segmentsOn(disk);
    const sizes = await Promise.all(segments.map(async (segment) => endOf(await blocksOf(disk, segment))));
    let total = sizes.reduce((sum, size) => sum + size, 0);
    for (const [i, segment] of segments.slice(0, -1).entries()) {
      if (total <= limit) return;
      await disk.remove(segment);
      sealed.delete(segment);
      total -= sizes[i]!;
    }
  }

  async function inTurn<T>(id: string, act: () => Promise<T>): Promise<T> {
    const before = turns.get(id) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(act);
    turns.set(id, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(id) === mine) turns.delete(id);
    }
  }

  return {
    kept,
    lines: (block) =>
      onDisk(
        "look",
        async (disk) => partsOf(await machine.unpack(await disk.readAt(block.segment, block.at, block.bytes))),
        [] as LogPart[],
      ).catch(() => []),
    async last(id) {
      const blocks = await onDisk("look", allBlocks, []);
      return blocks.findLast((block) => block.id === id)?.last;
    },
    // One at a time, whichever container it is about.
    add: (blocks) => inTurn("", () => add(blocks)),
    inTurn,
    async remove() {
      await inTurn("", async () => {
        current = undefined;
        sealed.clear();
        await machine.files.remove(folder);
      });
    },
  };
}

const endOf = (blocks: Block[]) => {
  const last = blocks.at(-1);
  return last ? last.at + last.bytes : 0;
};

async function segmentsOn(disk: OpenDisk) {
  return (await disk.names()).filter((name) => /^\d{8}\.log$/.test(name)).sort();
}

async function nextSegment(disk: OpenDisk) {
  const newest = Number((await segmentsOn(disk)).at(-1)?.slice(0, 8) ?? 0);
  return `${String(newest + 1).padStart(8, "0")}.log`;
}
