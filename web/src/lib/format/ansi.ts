/** A run of text in one look. */
export interface Run {
  text: string;
  /** 0 to 7 as terminals number them; anything finer is left to the page's own ink. */
  colour?: number;
  bold?: boolean;
  dim?: boolean;
}

// CSI, OSC (ended by BEL or ST), and the short escapes.
const ESCAPES = /\x1b(?:\[([0-9;:?<=>]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])/g;
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A line as text and looks. Colours are kept; what would move, overwrite, hide or reorder text is not obeyed,
 * and a character that cannot be seen is shown by its number, so that a log cannot say other than it holds.
 */
export function parseAnsi(line: string): Run[] {
  if (!line.includes("\x1b")) return [{ text: visible(line) }];
  const runs: Run[] = [];
  let look: Omit<Run, "text"> = {};
  let from = 0;
  const add = (text: string) => text && runs.push({ text: visible(text), ...look });
  for (const match of line.matchAll(ESCAPES)) {
    add(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") look = after(look, match[1] ?? "");
  }
  add(line.slice(from));
  return runs;
}

/** The line without its looks. */
export const plain = (line: string): string =>
  parseAnsi(line)
    .map(({ text }) => text)
    .join("");

const visible = (text: string) =>
  text.replace(UNSEEN, (character) =>
    character === "\r" ? "" : `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );

function after(look: Omit<Run, "text">, parameters: string): Omit<Run, "text"> {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = { ...look };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) next = {};
    if (code === 1) next.bold = true;
    if (code === 2) next.dim = true;
    if (code === 22) next = without(next, "bold", "dim");
    if (code >= 30 && code <= 37) next.colour = code - 30;
    if (code >= 90 && code <= 97) next.colour = code - 90;
    if (code === 39) next = without(next, "colour");
    // 256 and true colours: skip their arguments.
    if (code === 38 || code === 48) {
      if (code === 38) next = without(next, "colour");
      i += codes[i + 1] === 5 ? 2 : 4;
    }
  }
  return next;
}

function without(look: Omit<Run, "text">, ...keys: (keyof Omit<Run, "text">)[]) {
  return Object.fromEntries(Object.entries(look).filter(([key]) => !(keys as string[]).includes(key))) as Omit<Run, "text">;
}
