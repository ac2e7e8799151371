import { endOf, isWildcard } from "@appos/shared/wildcards";

/** Lines of an nginx configuration. */
export type Lines = string[];

export const block = (head: string, inner: Lines): Lines => [`${head} {`, ...inner.map((line) => `  ${line}`), "}"];

/** What nginx reads as one word, whatever came before it was let through by a schema: no space, quote, brace, semicolon, dollar or backslash. */
export function token(value: string | number): string {
  const text = String(value);
  if (!/^[A-Za-z0-9._~/:-]+$/.test(text)) throw new Error(`${JSON.stringify(text)} is more than a word to nginx`);
  return text;
}

/** A host name, and no pattern of several: nginx reads more in one that begins with a dot or a tilde. */
export function hostName(value: string): string {
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(value)) throw new Error(`${JSON.stringify(value)} is no host name`);
  return value;
}

/** The names that a wildcard stands for, as a regular expression that has nothing in it which a proxy would take for more. */
export const patternOf = (wildcard: string) => `^[a-z0-9_-]+[.]${hostName(endOf(wildcard).slice(1)).replaceAll(".", "[.]")}$`;

/** By which a server is found. To nginx a star would be any number of labels; and it asks for names first, and then for what fits. */
export const serverName = (name: string) => (isWildcard(name) ? `~${patternOf(name)}` : hostName(name));

/** Words of our own, as one value. */
export function quoted(words: string): string {
  if (/['\\$]/.test(words)) throw new Error("nginx would read more than words in this");
  return `'${words}'`;
}

/** Tells one text from another: two texts that differ have the same sum once in 2^64. */
export function sumOf(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
