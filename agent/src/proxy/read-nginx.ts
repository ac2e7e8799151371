/** A directive of an nginx configuration, as nginx itself takes it apart: for tests. */
export interface Directive {
  words: string[];
  inner: Directive[];
}

export function readNginx(text: string): Directive[] {
  const tokens = text.matchAll(/\s+|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([;{}])|([^\s;{}"']+(?:\$\{[^}]*\}[^\s;{}"']*)*)/gy);
  const top: Directive[] = [];
  const open = [top];
  let words: string[] = [];
  let read = 0;
  for (const [all, double, single, mark, word] of tokens) {
    read += all.length;
    if (mark === "}") open.pop();
    else if (mark !== undefined) {
      const directive = { words, inner: [] };
      open.at(-1)!.push(directive);
      if (mark === "{") open.push(directive.inner);
      words = [];
    } else if (all.trim() !== "") words.push(double ?? single ?? word!);
  }
  if (read !== text.length || open.length !== 1 || words.length > 0)
    throw new Error(`This is no configuration after ${text.slice(read, read + 40)}`);
  return top;
}

export const all = (name: string, within: Directive[]): Directive[] => within.filter(({ words }) => words[0] === name);
export const one = (name: string, within: Directive[]): string | undefined => all(name, within)[0]?.words.slice(1).join(" ");
