/** A directive of an nginx configuration, as nginx itself takes it apart. */
export interface Directive {
  words: string[];
  inner: Directive[];
  /** Whether it has an inner part, empty or not. */
  isBlock: boolean;
  /** Where it stands in the text; of one with an inner part, its beginning. */
  from: number;
  to: number;
}

const TOKENS =
  /\s+|#[^\n]*|"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|([;{}])|((?:\\[^]|\$\{[^}]*\}|[^\s;{}\\"'#])(?:\\[^]|\$\{[^}]*\}|[^\s;{\\])*)/gy;

/** Throws where it cannot be taken apart. */
export function readNginx(text: string): Directive[] {
  const top: Directive[] = [];
  const open = [top];
  let words: string[] = [];
  let [read, from] = [0, 0];
  for (const [all, double, single, mark, word] of text.matchAll(TOKENS)) {
    const at = read;
    read += all.length;
    if (mark === "}") open.pop();
    else if (mark !== undefined) {
      const directive = { words, inner: [], isBlock: mark === "{", from, to: read };
      open.at(-1)?.push(directive);
      if (directive.isBlock) open.push(directive.inner);
      words = [];
    } else if (double ?? single ?? word) {
      if (words.length === 0) from = at;
      words.push((double ?? single ?? word)!);
    } else if (double === "" || single === "") words.push("");
  }
  if (read !== text.length || open.length !== 1 || words.length > 0)
    throw new Error(`This is no configuration after ${text.slice(read, read + 40)}`);
  return top;
}

export const all = (name: string, within: Directive[]): Directive[] => within.filter(({ words }) => words[0] === name);
export const one = (name: string, within: Directive[]): string | undefined => all(name, within)[0]?.words.slice(1).join(" ");
