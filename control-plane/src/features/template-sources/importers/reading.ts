import { parseDocument } from "yaml";
import { Untranslatable } from "./untranslatable.ts";

/** A part of something parsed, of which nothing is known but that it has names; nothing, where there is nothing. */
export type Part = Record<string, unknown>;
export const map = (value: unknown): Part => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Part) : {});
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
export const text = (value: unknown): string =>
  typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"
      ? String(value)
      : "";
export const isMap = (value: unknown): value is Part => typeof value === "object" && value !== null && !Array.isArray(value);
/** The first text of these that is one. */
export const first = (...values: unknown[]): string => values.map(text).find((value) => value.trim() !== "") ?? "";
export const number = (value: unknown): number | undefined => {
  const read = Number(text(value).replaceAll("_", "").trim() || Number.NaN);
  return Number.isFinite(read) ? read : undefined;
};
export const port = (value: unknown): number | undefined => {
  const read = number(value);
  return read !== undefined && Number.isInteger(read) && read >= 1 && read <= 65_535 ? read : undefined;
};

/** YAML, as Compose reads it: with merge keys, and without alias bombs. */
export function yaml(source: string, file: string): Part {
  const document = parseDocument(source.replace(/^\uFEFF/, ""), { merge: true, prettyErrors: false, uniqueKeys: false });
  const [error] = document.errors;
  if (error) throw new Untranslatable(`${file} is not YAML: ${error.message}`);
  try {
    const value: unknown = document.toJS({ maxAliasCount: 1_000 });
    if (isMap(value)) return value;
  } catch (cause) {
    throw new Untranslatable(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  throw new Untranslatable(`${file} holds no names with values.`);
}

export function json(source: string, file: string): unknown {
  try {
    return JSON.parse(source.replace(/^\uFEFF/, ""));
  } catch {
    throw new Untranslatable(`${file} is not JSON.`);
  }
}

/** A name of letters, digits and dashes. */
export const slug = (name: string, fallback = "app") =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || fallback;

/** A variable's name. */
export function envKey(name: string): string {
  const key = name
    .trim()
    .replace(/[^A-Za-z0-9_]/g, "_")
    .slice(0, 200);
  return /^[A-Za-z_]/.test(key) ? key : `_${key}`;
}

/** What a text in several languages says in English, or in any. */
export function inEnglish(value: unknown): string {
  if (typeof value === "string") return value;
  const words = Object.entries(map(value));
  const english = words.find(([language]) => /^en([_-]us)?$/i.test(language)) ?? words.find(([language]) => /^en/i.test(language));
  return text((english ?? words[0])?.[1]);
}

/** Text without HTML and Markdown's marks. */
export const plain = (value: unknown): string =>
  text(value)
    .replace(/<(br|\/p|\/li|\/div)\s*\/?>/gi, "\n")
    .replace(/<[^>]{0,2000}>/g, "")
    .replace(/!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g, "$1 ($2)")
    .replace(/^#{1,6}\s+/gm, "")
    .replace(/\*\*|__|`/g, "")
    .replaceAll("&nbsp;", " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replace(/\n{3,}/g, "\n\n")
    .trim();

export const webAddress = (value: unknown): string | undefined => {
  const address = text(value).trim();
  return address.length <= 500 && URL.canParse(address) && /^https?:$/.test(new URL(address).protocol) ? address : undefined;
};

/** Each line `KEY=value`, without quotes, and those that are only comments left out. */
export function dotenv(source: string): Map<string, string> {
  const lines = source.split(/\r?\n/).flatMap((line) => {
    const found = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (!found) return [];
    const quoted = /^(["'])(.*)\1\s*(#.*)?$/.exec(found[2]!);
    return [[found[1]!, quoted ? quoted[2]! : found[2]!.replace(/\s+#.*$/, "")] as const];
  });
  return new Map(lines);
}

/** `a/b` of `x/y/a/b` for the folder `x/y`. */
export const below = (folder: string, path: string) =>
  folder === "" ? path : path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
/** Files below a folder, by their paths from there. */
export const filesBelow = (files: ReadonlyMap<string, string>, folder: string): [string, string][] =>
  [...files].flatMap(([path, content]) => {
    const inside = below(folder, path);
    return inside === undefined ? [] : [[inside, content] as [string, string]];
  });

export function fromBase64(encoded: string, what: string): string {
  try {
    const binary = atob(encoded.replace(/\s/g, ""));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Untranslatable(`${what} is not base64 of a text.`);
  }
}
