import type { StreamInput } from "@appos/shared/streams";
import type { LogPart } from "../machine/machine.ts";
import type { LogContext } from "./log-context.ts";
import type { Line } from "./line-budget.ts";
import type { LineWriter } from "./log-lines.ts";
import { logSources, type LogSource, type LogSources, type Range, rangeOf } from "./log-sources.ts";
import { pull } from "./pull.ts";
import { sifts } from "./sift.ts";

const BATCH = 1_000;

/** A container whose lines are next or later in the order of time. */
interface Open {
  source: LogSource;
  batches: AsyncGenerator<LogPart[]>;
  batch: LogPart[];
  at: number;
}

/** Everything that is meant, in order of time, however much it is: each container is read no further than the others have come. */
export async function wholeLog(input: StreamInput<"logs">, context: LogContext, write: LineWriter) {
  const sources = await logSources(input, context);
  const range = rangeOf(input);
  const siftFor = await sifts(input);
  const siftOf = new Map<string, ReturnType<typeof siftFor>>();
  /** Those that are gone are begun with when it is their time: there may be many. */
  const waiting = sources.gone.toReversed().toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  const open: Open[] = [];
  let lines: Line[] = [];

  const flush = async () => {
    const told = lines;
    lines = [];
    if (told.length > 0) await write.lines(told);
  };
  const tell = (source: LogSource, part: LogPart) => {
    const sift = siftOf.get(source.origin.id) ?? siftFor();
    siftOf.set(source.origin.id, sift);
    for (const sifted of sift(part)) lines.push({ origin: source.origin, part: sifted });
  };
  async function begin(source: LogSource) {
    const batches = linesOf(source, sources, range, input.since, context);
    const each: Open = { source, batches, batch: [], at: 0 };
    if (await hasMore(each)) open.push(each);
  }

  try {
    await Promise.all(sources.live.map(begin));
    for (;;) {
      const first = open.reduce<Open | undefined>((least, each) => (least && stampOf(least) <= stampOf(each) ? least : each), undefined);
      const next = waiting[0];
      if (next && (!first || startOf(next) <= stampOf(first))) {
        waiting.shift();
        await begin(next);
        continue;
      }
      if (!first) break;
      const others = open.filter((each) => each !== first).map(stampOf);
      const until = [...others, next ? startOf(next) : "~"].reduce((a, b) => (a < b ? a : b));
      do tell(first.source, first.batch[first.at++]!);
      while (first.at < first.batch.length && stampOf(first) <= until);
      if (lines.length >= BATCH) await flush();
      if (first.at >= first.batch.length && !(await hasMore(first))) open.splice(open.indexOf(first), 1);
      context.signal.throwIfAborted();
    }
    await flush();
  } finally {
    await Promise.all(open.map(({ batches }) => batches.return(undefined)));
  }
}

const stampOf = ({ batch, at }: Open) => batch[at]!.stamp;
const startOf = ({ blocks }: LogSource) => blocks[0]?.from ?? "";

async function hasMore(open: Open): Promise<boolean> {
  const { value, done } = await open.batches.next();
  open.batch = done ? [] : value;
  open.at = 0;
  return !done;
}

/** What the archive has of a container before the engine's first line, then what the engine has. */
async function* linesOf(
  { container, blocks }: LogSource,
  { archive }: LogSources,
  range: Range,
  since: number | undefined,
  { machine, signal }: LogContext,
): AsyncGenerator<LogPart[]> {
  const engine =
    container &&
    pull<LogPart[]>((take, stop) => machine.engine.logs(container, { since, follow: false }, take, AbortSignal.any([signal, stop])));
  try {
    let next = await engine?.next();
    const first = next && !next.done ? next.value[0]!.stamp : "~";
    const before = first < range.before ? first : range.before;
    for (const block of blocks) {
      if (block.to < range.from || block.from >= before) continue;
      const parts = (await archive.lines(block)).filter(({ stamp }) => stamp >= range.from && stamp < before);
      if (parts.length > 0) yield parts;
    }
    for (; engine && next && !next.done; next = await engine.next()) {
      const parts = next.value.filter(({ stamp }) => stamp >= range.from && stamp < range.before);
      if (parts.length > 0) yield parts;
      if (next.value.at(-1)!.stamp >= range.before) return;
    }
  } finally {
    await engine?.return(undefined);
  }
}
