import type { Container, LogPart } from "../machine/machine.ts";

/** A line takes more memory than its text, of which a character may take two bytes. */
const LINE_BYTES = 200;

export interface Line {
  container: Container;
  part: LogPart;
}

const bytesOf = ({ part }: Line) => LINE_BYTES + 2 * part.text.length;

/**
 * Memory for lines that wait to be put in order: `all` of it is shared by everybody who reads logs at the same time, and `least` is
 * there for each of them, however much the others hold.
 */
export function lineBudget(all: number, least: number) {
  let heldByAll = 0;

  /** What one reader holds, of each of several containers. The oldest lines go where there are most. */
  return () => {
    const piles: { lines: Line[]; from: number; bytes: number }[] = [];
    let held = 0;
    const count = (bytes: number) => {
      held += bytes;
      heldByAll += bytes;
    };

    function dropOldest() {
      const pile = piles.reduce((most, each) => (each.bytes > most.bytes ? each : most));
      const bytes = bytesOf(pile.lines[pile.from++]!);
      pile.bytes -= bytes;
      count(-bytes);
      // What lies before is let go now and then: moving all the others for each line would take long.
      if (pile.from < 1_000 || pile.from * 2 < pile.lines.length) return;
      pile.lines = pile.lines.slice(pile.from);
      pile.from = 0;
    }

    return {
      /** Where one container's lines are put. */
      pile() {
        const pile = { lines: [] as Line[], from: 0, bytes: 0 };
        piles.push(pile);
        return (line: Line) => {
          const bytes = bytesOf(line);
          pile.lines.push(line);
          pile.bytes += bytes;
          count(bytes);
          while (heldByAll > all && held > least) dropOldest();
        };
      },
      lines: () => piles.flatMap(({ lines, from }) => lines.slice(from)),
      /** This line is not held any more. */
      passed: (line: Line) => count(-bytesOf(line)),
      end: () => count(-held),
    };
  };
}
