import type { StreamInput } from "@appos/shared/streams";
import type { LogOrigin } from "../log-archive/blocks.ts";
import type { LogPart } from "../machine/machine.ts";
import type { LogContext } from "./log-context.ts";
import { type lineBudget, type Pile } from "./line-budget.ts";
import { type Range, rangeOf } from "./log-sources.ts";
import { isSifted, type Sift, sifts } from "./sift.ts";

/** Nobody waits longer for a search. */
const LIMIT_MS = 20_000;

/** One look for the newest lines that are meant, in all the places where there may be some. */
export interface Look {
  readonly input: StreamInput<"logs">;
  readonly context: LogContext;
  readonly range: Range;
  /** Every line counts, so the newest of them are the last that were said. */
  readonly simple: boolean;
  readonly held: ReturnType<ReturnType<typeof lineBudget>>;
  readonly siftFor: () => Sift;
  /** It has taken so long that whoever asked is told what there is. */
  late(): boolean;
  /** There are lines that are meant and are not held, all of them older. */
  older: boolean;
  /** The stamp before which not everything was looked through; empty where everything was. */
  stoppedAt: string;
}

export async function beginLook(input: StreamInput<"logs">, context: LogContext, held: Look["held"]): Promise<Look> {
  const { machine, signal } = context;
  const deadline = machine.elapsed() + LIMIT_MS;
  return {
    input,
    context,
    range: rangeOf(input),
    simple: !isSifted(input) && input.until === undefined,
    held,
    siftFor: await sifts(input),
    late: () => signal.aborted || machine.elapsed() > deadline,
    older: false,
    stoppedAt: "",
  };
}

export function stopLook(look: Look, at: string): void {
  if (at > look.stoppedAt) look.stoppedAt = at;
}

/** Holds those lines of one container that are meant: so many, the newest. */
export function collector({ input, range, held, siftFor }: Look, origin: LogOrigin, before = range.before) {
  const pile: Pile = held.pile(input.tail);
  const sift = siftFor();
  let told = 0;
  return {
    pile,
    told: () => told,
    /** False once lines come that are too late to be meant. */
    take(parts: readonly LogPart[]): boolean {
      for (const part of parts) {
        if (part.stamp < range.from) continue;
        if (part.stamp >= before) return false;
        for (const sifted of sift(part)) {
          told++;
          pile({ origin, part: sifted });
        }
      }
      return true;
    },
  };
}
