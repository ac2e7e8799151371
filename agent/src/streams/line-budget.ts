import type { LogOrigin } from "../log-archive/blocks.ts";
import type { Sifted } from "./sift.ts";

/** A line takes more memory than its text, of which a character may take two bytes. */
const LINE_BYTES = 200;

export interface Line {
  origin: LogOrigin;
  part: Sifted;
}

const bytesOf = ({ part }: Line) => LINE_BYTES + 2 * part.text.length;

/** Where lines of one container are put. */
export interface Pile {
  (line: Line): void;
  /** Lets all of them go. */
  drop(): void;
}

/**
 * Memory for lines that wait to be put in order: `all` of it is shared by everybody who reads logs at the same time, and `least` is
 * there for each of them, however much the others hold.
 */
export function lineBudget(all: number, least: number) {
  let heldByAll = 0;

  /** What one reader holds, of each of several containers. The oldest lines go where there are most. */
  return () => {
    interface Held {
      lines: Line[];
      from: number;
      bytes: number;
    }
    const piles = new Set<Held>();
    let held = 0;
    /** What came before the newest line that had to go is not whole. */
    let cut = "";
    const count = (bytes: number) => {
      held += bytes;
      heldByAll += bytes;
    };

    function dropOldest(pile: Held) {
      const bytes = bytesOf(pile.lines[pile.from++]!);
      pile.bytes -= bytes;
      count(-bytes);
      // What lies before is let go now and then: moving all the others for each line would take long.
      if (pile.from < 1_000 || pile.from * 2 < pile.lines.length) return;
      pile.lines = pile.lines.slice(pile.from);
      pile.from = 0;
    }
    const largest = () => [...piles].reduce((most, each) => (each.bytes > most.bytes ? each : most));

    return {
      /** For one container's newest lines: `most` of them. */
      pile(most = Number.POSITIVE_INFINITY): Pile {
        const pile: Held = { lines: [], from: 0, bytes: 0 };
        function hold(line: Line) {
          piles.add(pile);
          const bytes = bytesOf(line);
          pile.lines.push(line);
          pile.bytes += bytes;
          count(bytes);
          if (pile.lines.length - pile.from > most) dropOldest(pile);
          while (heldByAll > all && held > least) {
            const fullest = largest();
            const { stamp } = fullest.lines[fullest.from]!.part;
            if (stamp > cut) cut = stamp;
            dropOldest(fullest);
          }
        }
        const drop = () => void (piles.delete(pile) && count(-pile.bytes));
        return Object.assign(hold, { drop });
      },
      lines: () => [...piles].flatMap(({ lines, from }) => lines.slice(from)),
      /** The stamp of the newest line that there was no room for; empty where there was room. */
      cut: () => cut,
      /** This line is not held any more. */
      passed: (line: Line) => count(-bytesOf(line)),
      end: () => count(-held),
    };
  };
}
