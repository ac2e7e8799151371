import { goesOn, isSoGrave, type LogLevel, levelOf } from "@appos/shared/log-level";
import type { StreamInput } from "@appos/shared/streams";
import type { LogPart } from "../machine/machine.ts";
import { StreamRefused } from "./stream.ts";

/** Which lines of a log are meant. */
export type Wanted = Pick<StreamInput<"logs">, "search" | "how" | "context" | "level">;

export interface Sifted extends LogPart {
  /** It stands near a line that is meant. */
  near?: true;
  /** Lines before it were left out. */
  apart?: true;
}

/** Passes on those lines of one container that are meant, and what is near them. */
export type Sift = (part: LogPart) => readonly Sifted[];

export const isSifted = ({ search, level }: Wanted): boolean => search !== undefined || level !== undefined;

const NONE: readonly Sifted[] = [];

/** Gives a sift for each container. Rejects where what is searched for makes no sense. */
export async function sifts(wanted: Wanted): Promise<() => Sift> {
  const matches = await matcherOf(wanted);
  return isSifted(wanted) ? () => siftOf(wanted, matches) : () => (part) => [part];
}

function siftOf({ level, context = 0 }: Wanted, matches: (text: string) => boolean): Sift {
  const levels: Record<LogPart["stream"], LogLevel | undefined> = { stdout: undefined, stderr: undefined };
  let before: Sifted[] = [];
  let after = 0;
  let leftOut = false;

  function isGrave({ stream, text }: LogPart, least: LogLevel) {
    levels[stream] = levelOf(text) ?? (goesOn(text) ? levels[stream] : undefined);
    return isSoGrave(levels[stream], least);
  }

  return (part) => {
    const grave = level === undefined || isGrave(part, level);
    if (grave && matches(part.text)) {
      const [first = part, ...more] = before.length > 0 ? [...before, part] : [part];
      const told = leftOut ? [{ ...first, apart: true as const }, ...more] : [first, ...more];
      before = [];
      after = context;
      leftOut = false;
      return told;
    }
    if (context === 0) return NONE;
    const near: Sifted = { ...part, near: true };
    if (after-- > 0) return [near];
    before.push(near);
    if (before.length > context) {
      before.shift();
      leftOut = true;
    }
    return NONE;
  };
}

async function matcherOf({ search, how = "any-case" }: Wanted): Promise<(text: string) => boolean> {
  if (search === undefined) return () => true;
  if (how === "exact") return (text) => text.includes(search);
  if (how === "any-case") {
    const lower = search.toLowerCase();
    return (text) => text.toLowerCase().includes(lower);
  }
  // Nearly nobody asks for it, and it takes memory. It takes no longer for a line than the line is long, whatever the expression.
  const { RE2JS } = await import("re2js");
  try {
    const expression = RE2JS.compile(search, RE2JS.CASE_INSENSITIVE);
    return (text) => expression.matcher(text).find();
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error);
    throw new StreamRefused("INVALID_SEARCH", `This is no regular expression that can be searched for: ${why}.`);
  }
}
