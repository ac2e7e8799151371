import type { LogNote } from "@appos/shared/logs";
import type { StreamInput } from "@appos/shared/streams";
import type { LogPart } from "../machine/machine.ts";
import { followAll } from "./follow-logs.ts";
import type { LogContext } from "./log-context.ts";
import { type LineWriter, lineWriter } from "./log-lines.ts";
import { logSources, type LogSources } from "./log-sources.ts";
import { newestLines } from "./newest-logs.ts";
import { isSifted, type Sift, sifts } from "./sift.ts";
import { turnstile } from "./turnstile.ts";
import { wholeLog } from "./whole-log.ts";

const BATCH = 250;
/** Whoever looks for something reads all that there is: so many at once leave the server to its apps. */
const searches = turnstile(3);

/** The log of an app, or of some of its services: what was said, in order of time, then what is said, as it is said. */
export async function logs(input: StreamInput<"logs">, context: LogContext) {
  const begun = context.machine.now();
  const write = lineWriter(context);
  if (input.whole) return wholeLog(input, context, write);
  const last = new Map<string, string>();
  if (input.tail > 0) await writePast(input, context, last, write);
  // Without a look at the past, only what is said from now on counts.
  // What has an end is not gone on with.
  if (input.follow && input.until === undefined) await follow(input, context, last, input.tail === 0 ? begun : undefined, write);
}

/** One container's past goes by as it is read; that of several is put in order first. */
async function writePast(input: StreamInput<"logs">, context: LogContext, last: Map<string, string>, write: LineWriter) {
  const sources = await logSources(input, context);
  const [only, ...more] = sources.live;
  const simple = !isSifted(input) && input.until === undefined && sources.gone.length === 0;
  if (only && simple && more.length === 0 && only.blocks.length === 0) return passOn(input, context, only, last, write);
  return writeNewest(input, sources, context, last, write);
}

async function passOn(
  { tail, since }: StreamInput<"logs">,
  { machine, signal }: LogContext,
  { origin, container }: LogSources["live"][number],
  last: Map<string, string>,
  write: LineWriter,
) {
  let count = 0;
  const pass = (parts: LogPart[]) => {
    count += parts.length;
    last.set(origin.id, parts.at(-1)!.stamp);
    return write.lines(parts.map((part) => ({ origin, part })));
  };
  await machine.engine.logs(container!, { tail, since, follow: false }, pass, signal);
  await write.note({ past: { older: count >= tail, stoppedAt: null } });
}

async function writeNewest(
  input: StreamInput<"logs">,
  sources: LogSources,
  context: LogContext,
  last: Map<string, string>,
  write: LineWriter,
) {
  const read = () => newestLines(input, sources, context);
  const newest = await (isSifted(input) ? searches(read, context.signal) : read());
  try {
    for (let from = 0; from < newest.lines.length; from += BATCH) {
      const lines = newest.lines.slice(from, from + BATCH);
      for (const { origin, part } of lines) last.set(origin.id, part.stamp);
      await write.lines(lines);
      lines.forEach(newest.passed);
    }
  } finally {
    newest.end();
  }
  const stoppedAt = newest.stoppedAt === undefined ? null : Date.parse(newest.stoppedAt) || null;
  const note: LogNote = { past: { older: newest.older, stoppedAt } };
  await write.note(note);
}

async function follow(
  input: StreamInput<"logs">,
  context: LogContext,
  last: Map<string, string>,
  since: number | undefined,
  write: LineWriter,
) {
  const siftFor = await sifts(input);
  const siftOf = new Map<string, Sift>();
  await followAll(input, context, last, since, async (origin, parts) => {
    const sift = siftOf.get(origin.id) ?? siftFor();
    siftOf.set(origin.id, sift);
    const lines = parts.flatMap((part) => sift(part).map((sifted) => ({ origin, part: sifted })));
    if (lines.length > 0) await write.lines(lines);
  });
}
