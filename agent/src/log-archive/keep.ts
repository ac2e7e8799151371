import type { Container, LogPart, Machine } from "../machine/machine.ts";
import { logArchive } from "./archive.ts";
import { blockBytes, type LastStamps, linesText, type LogOrigin, originOf } from "./blocks.ts";

/** What is kept of one container at once: as many of its newest lines, and as many bytes. */
const LINES = 100_000;
const BYTES = 16 * 1024 * 1024;
/** Bytes of lines in a block. */
const BLOCK_BYTES = 1024 * 1024;
/** Where something is kept already, its newest lines are asked for first: mostly no more are missing. */
const LATELY = 2_000;
const LIMIT_MS = 30_000;

/** Keeps what a container has said and is not kept yet. Never rejects: a log that cannot be kept holds nothing up. */
export async function keepLog(machine: Machine, container: Container): Promise<void> {
  if (container.project === "") return;
  const archive = logArchive(machine, container.project);
  const signal = AbortSignal.timeout(LIMIT_MS);
  await archive
    .inTurn(container.id, async () => {
      const known = await archive.last(container.id);
      const lately = known && (await newLines(machine, container, known, LATELY, signal));
      const blocks = lately ?? (await newLines(machine, container, known, LINES, signal));
      await archive.add(blocks ?? []);
    })
    .catch(() => undefined);
}

const NONE: LastStamps = { stdout: "", stderr: "" };

/** The packed lines among the newest that are not known; undefined where there may be more of these before them. */
async function newLines(machine: Machine, container: Container, known: LastStamps | undefined, tail: number, signal: AbortSignal) {
  const batch = batcher(machine, originOf(container), known ?? NONE);
  const stop = new AbortController();
  const newest = known && (known.stdout > known.stderr ? known.stdout : known.stderr);
  let seen = 0;
  let gap = false;
  const take = async (parts: LogPart[]) => {
    if (seen === 0 && tail === LATELY && newest !== undefined && parts[0]!.stamp > newest) gap = true;
    seen += parts.length;
    await batch.push(parts);
  };
  await machine.engine.logs(container, { tail, follow: false }, take, AbortSignal.any([signal, stop.signal]));
  // Fewer than were asked for are all there are.
  if (gap && seen >= tail) return undefined;
  return batch.end();
}

/** Puts lines into blocks, of which the newest are kept. */
function batcher({ pack }: Machine, origin: LogOrigin, known: LastStamps) {
  const last = { ...known };
  let parts: LogPart[] = [];
  let bytes = 0;
  const blocks: Uint8Array[] = [];

  async function flush() {
    const [first] = parts;
    if (!first) return;
    const head = { ...origin, from: first.stamp, to: parts.at(-1)!.stamp, last: { ...last }, lines: parts.length };
    const text = linesText(parts);
    parts = [];
    bytes = 0;
    blocks.push(blockBytes(head, await pack(text)));
    if (blocks.length > BYTES / BLOCK_BYTES) blocks.shift();
  }

  return {
    async push(more: LogPart[]) {
      for (const part of more) {
        if (part.stamp <= last[part.stream]) continue;
        last[part.stream] = part.stamp;
        parts.push(part);
        bytes += part.text.length + 40;
        if (bytes >= BLOCK_BYTES) await flush();
      }
    },
    async end() {
      await flush();
      return blocks;
    },
  };
}

/** What comes before Compose has a container of a project removed: its log is kept. */
export const keepsLogs = (machine: Machine, project: string) => async (id: string) => {
  const containers = await machine.engine.containers({ project });
  const container = containers.find((each) => each.id === id || each.status.container === id);
  if (container) await keepLog(machine, container);
};

/** Keeps the log of whatever container of an app ends, so that as much as can be is there when somebody then removes it by hand. */
export function keepLogsOfEnding(machine: Machine, signal: AbortSignal): void {
  machine.engine.watch((appId, ending) => {
    if (appId !== null && ending !== undefined) void keepEnding(machine, appId, ending);
  }, signal);
}

async function keepEnding(machine: Machine, appId: string, id: string) {
  const containers = await machine.engine.containers({ appId }).catch(() => []);
  const container = containers.find((each) => each.id === id);
  if (container && !container.oneOff) await keepLog(machine, container);
}
