import type { LogPart } from "../machine/machine.ts";
import type { Pile } from "./line-budget.ts";
import type { LogSource } from "./log-sources.ts";
import { collector, type Look, stopLook } from "./look.ts";

/** Where lines are looked for, so many of the newest are looked through first, then so many times more. */
const FIRST = 5_000;
const MORE = 8;

interface Seen {
  /** Everything that the engine has was looked through, or is newer than what is meant. */
  whole: boolean;
  /** The stamp of the first line that was looked at. */
  first: string | undefined;
}

/** What the engine has of a container. It reads a log from its end by lines, and by time only from its beginning: hence the steps. */
export async function lookInEngine(look: Look, source: LogSource): Promise<Seen> {
  const { tail } = look.input;
  let before: { pile: Pile; first: string | undefined } | undefined;
  for (let lines = look.simple ? tail : Math.max(FIRST, tail); ; lines *= MORE) {
    const { pile, told, first, read, early, late } = await lookThrough(look, source, lines);
    if (late) {
      // The step before went less far back, but to its end.
      if (before) pile.drop();
      stopLook(look, before?.first ?? new Date(look.context.machine.now()).toISOString());
      return { whole: false, first };
    }
    before?.pile.drop();
    const all = (!early && read < lines) || (before !== undefined && before.first === first);
    if (all || told >= tail || look.simple) return { whole: all && told <= tail, first };
    before = { pile, first };
  }
}

/** The last so many lines. */
async function lookThrough(look: Look, { origin, container }: LogSource, lines: number) {
  const { input, context } = look;
  const { pile, told, take } = collector(look, origin);
  const over = new AbortController();
  let first: string | undefined;
  let [read, early, late] = [0, false, false];
  const hear = async (parts: LogPart[]) => {
    first ??= parts[0]!.stamp;
    read += parts.length;
    late = look.late();
    early ||= !late && !take(parts);
    if (early || late) over.abort();
  };
  const question = { tail: lines, since: input.since, follow: false };
  await context.machine.engine.logs(container!, question, hear, AbortSignal.any([context.signal, over.signal]));
  return { pile, told: told(), first, read, early, late };
}
