// What stands in Traefik's files. They are JSON, which is YAML: every value is a string in it. Two things read more in a string, and both
// are kept out here once more: rules (https://doc.traefik.io/traefik/v3.6/reference/routing-configuration/http/routing/rules-and-priority/),
// whose values stand in backticks, and Go's templates, by which the file provider goes through each file before it reads it
// (pkg/provider/file/file.go, CreateConfiguration).

import { hostName, patternOf } from "./nginx-text.ts";

export const quote = "`";

/** A word that ends no value of a rule, and is nothing but itself in an address. */
export function word(value: string | number): string {
  const text = String(value);
  if (!/^[A-Za-z0-9._~/:-]+$/.test(text)) throw new Error(`${JSON.stringify(text)} is more than a word to Traefik`);
  return text;
}

export const ofHost = (name: string) => `Host(${quote}${hostName(name)}${quote})`;

/** The names that a wildcard stands for, but for some. */
export const ofAnyBelow = (wildcard: string, but: readonly string[]) =>
  [`HostRegexp(${quote}${patternOf(wildcard)}${quote})`, ...but.map((name) => `!${ofHost(name)}`)].join(" && ");

export const ofPath = (path: string) => `Path(${quote}${word(path)}${quote})`;

/** Traefik compares prefixes sign by sign: `/api` is not to be of `/apis`. */
export const below = (path: string) => `(${ofPath(path)} || PathPrefix(${quote}${word(path)}/${quote}))`;

export function fileText(config: object): string {
  const text = `${JSON.stringify(config, undefined, 1)}\n`;
  if (text.includes("{{")) throw new Error("Traefik would read a template in this");
  return text;
}
