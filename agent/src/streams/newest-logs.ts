import type { StreamInput } from "@appos/shared/streams";
import type { LogContext } from "./log-context.ts";
import { type Line, lineBudget } from "./line-budget.ts";
import { endOf, type LogSource, type LogSources } from "./log-sources.ts";
import { beginLook, type Look, stopLook } from "./look.ts";
import { lookInArchive } from "./look-in-archive.ts";
import { lookInEngine } from "./look-in-engine.ts";

/** What of the past is held in memory, to be put in order: of all containers, and by all who read at the same time. */
const reader = lineBudget(16 * 1024 * 1024, 512 * 1024);

export interface Newest {
  /** In order of time. */
  lines: Line[];
  /** There may be more before them. */
  older: boolean;
  /** The stamp before which not everything was looked through. */
  stoppedAt: string | undefined;
  passed(line: Line): void;
  end(): void;
}

/** The newest lines that are meant, of all containers that are there and that were: no more than `tail`. */
export async function newestLines(input: StreamInput<"logs">, sources: LogSources, context: LogContext): Promise<Newest> {
  const held = reader();
  try {
    const look = await beginLook(input, context, held);
    await Promise.all(sources.live.map((source) => lookInLive(look, sources, source)));
    await lookInGone(look, sources);
    return { ...inOrder(look), passed: held.passed, end: held.end };
  } catch (error) {
    held.end();
    throw error;
  }
}

/** What the engine has, and where that is not enough, what was kept before. */
async function lookInLive(look: Look, { archive }: LogSources, source: LogSource) {
  const { whole, first = "~" } = await lookInEngine(look, source);
  if (!whole) look.older = true;
  else if (source.blocks.length > 0) await lookInArchive(look, archive, source, first < look.range.before ? first : look.range.before);
}

/** From the container that spoke last, until nobody is left who could have said something as new. */
async function lookInGone(look: Look, { archive, gone }: LogSources) {
  for (const source of gone) {
    const end = endOf(source.blocks);
    if (end < look.range.from) continue;
    if (look.late()) return stopLook(look, end);
    if (isEnough(look, end)) {
      look.older = true;
      return undefined;
    }
    await lookInArchive(look, archive, source, look.range.before);
  }
  return undefined;
}

/** As many lines as are asked for are newer than this. */
function isEnough({ held, input: { tail } }: Look, than: string) {
  const lines = held.lines();
  return lines.length >= tail && lines.filter(({ part }) => part.stamp >= than).length >= tail;
}

function inOrder({ held, input: { tail }, older, stoppedAt }: Look) {
  const cut = held.cut();
  const lines = held
    .lines()
    .filter(({ part }) => cut === "" || part.stamp > cut)
    .sort((a, b) => (a.part.stamp < b.part.stamp ? -1 : a.part.stamp > b.part.stamp ? 1 : 0));
  return {
    lines: lines.slice(-tail),
    older: older || stoppedAt !== "" || lines.length > tail || cut !== "",
    stoppedAt: stoppedAt || undefined,
  };
}
