/** Lines of a Caddyfile: https://caddyserver.com/docs/caddyfile/concepts */
export type Lines = string[];

export const block = (head: string, inner: Lines): Lines => [`${head} {`, ...inner.map((line) => `\t${line}`), "}"];

/** What Caddy reads as one word, whatever came before it was let through by a schema: no space, quote, brace, backslash or comment. */
export function token(value: string | number): string {
  const text = String(value);
  if (!/^[A-Za-z0-9*[][A-Za-z0-9._~/:@+=*[\]-]*$|^[._/][A-Za-z0-9._~/:@+=*-]*$/.test(text))
    throw new Error(`${JSON.stringify(text)} is more than a word to Caddy`);
  return text;
}

/** Somebody's words as one value: what Caddy would put something else in the place of is refused long before, and here once more. */
export function quoted(words: string): string {
  if (/[^\x20-\x7e]|[{}\\]/.test(words)) throw new Error("Caddy would read more than words in this");
  return `"${words.replaceAll('"', String.raw`\"`)}"`;
}

/** Words of our own, in which braces are style sheets' or placeholders that are meant. */
export function ours(words: string): string {
  if (/[`\\]|\{\$/.test(words)) throw new Error("Caddy would read more than words in this");
  return `\`${words}\``;
}
