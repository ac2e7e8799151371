/**
 * The text of `.env` files, as Docker Compose reads them: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
 * (its parser: compose-go, package dotenv).
 */
export interface DotenvFile {
  entries: { key: string; value: string; line: number }[];
  /** What no such file may have. */
  problems: { line: number; message: string }[];
  /** What was understood, and may not have been meant so. */
  notes: { line: number; message: string }[];
}

const start = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*([=:])[ \t]*/;
const bare = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*$/;
const name = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads all of it; of a key that is there twice, the later counts. */
export function parseDotenv(text: string): DotenvFile {
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const file: DotenvFile = { entries: [], problems: [], notes: [] };
  const known = new Map<string, string>();
  let at = 0;
  let line = 1;
  while (at < source.length) {
    const end = endOfLine(source, at);
    const rest = source.slice(at, end);
    const indent = rest.length - rest.trimStart().length;
    const said = rest.trim();
    if (said === "" || said.startsWith("#")) {
      [at, line] = [end + 1, line + 1];
      continue;
    }
    const begin = start.exec(rest.slice(indent));
    if (!begin) {
      const alone = bare.exec(said);
      if (alone) file.notes.push({ line, message: `${alone[1]} has no value here, so it was left out.` });
      else file.problems.push({ line, message: "This is no variable. Write NAME=value." });
      [at, line] = [end + 1, line + 1];
      continue;
    }
    const key = begin[1]!;
    const read = readValue(source, at + indent + begin[0].length, known);
    if ("problem" in read) {
      file.problems.push({ line, message: `${key} ${read.problem}` });
      break;
    }
    if (!name.test(key)) file.problems.push({ line, message: `${key} is no name for a variable: use letters, digits and underscores.` });
    else {
      for (const unknown of read.unknown)
        file.notes.push({ line, message: `${key}: ${unknown} is no variable of this file, so it was taken as it stands.` });
      if (known.has(key)) file.entries = file.entries.filter((entry) => entry.key !== key);
      known.set(key, read.value);
      file.entries.push({ key, value: read.value, line });
    }
    line += source.slice(at, read.end).split("\n").length;
    at = read.end + 1;
  }
  return file;
}

type Read = { value: string; unknown: string[]; end: number } | { problem: string };

function readValue(source: string, at: number, known: ReadonlyMap<string, string>): Read {
  const quote = source[at];
  if (quote !== "'" && quote !== '"') {
    const end = endOfLine(source, at);
    const plain = source
      .slice(at, end)
      .replace(/(^| )#.*$/s, "")
      .trimEnd();
    return { ...filledIn(plain, known), end };
  }
  let inner = "";
  for (let i = at + 1; i < source.length; i++) {
    const character = source[i]!;
    if (character === "\\" && i + 1 < source.length) {
      const next = source[++i]!;
      inner += next === quote && quote === "'" ? next : `\\${next}`;
    } else if (character === quote) {
      const end = endOfLine(source, i);
      const after = source.slice(i + 1, end).trim();
      if (after !== "" && !after.startsWith("#")) return { problem: `has text after its closing ${quote}.` };
      return quote === "'" ? { value: inner, unknown: [], end } : { ...filledIn(unescaped(inner), known), end };
    } else inner += character;
  }
  return { problem: `opens a ${quote} that is never closed.` };
}

const meanings: Record<string, string> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", '"': '"', "\\": "\\" };
/** A dollar that is to stay one is marked by a character that no file has. */
const DOLLAR = "\0";
const unescaped = (text: string) =>
  text.replace(/\\([abfnrtv"\\$]|0[0-7]{0,3})/g, (_, what: string) => {
    if (what === "$") return DOLLAR;
    return what.startsWith("0") ? String.fromCharCode(Number.parseInt(what, 8)) : meanings[what]!;
  });

/** With the variables of this file that came before. */
function filledIn(text: string, known: ReadonlyMap<string, string>): { value: string; unknown: string[] } {
  const unknown: string[] = [];
  const value = text
    .replaceAll("\\$", DOLLAR)
    .replace(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?-)([^}]*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)/g, (whole, braced, how, fallback, plain) => {
      if (whole === "$$") return DOLLAR;
      const found = known.get((braced ?? plain) as string);
      if (found !== undefined && (found !== "" || how !== ":-")) return found.replaceAll("$", DOLLAR);
      if (how !== undefined) return fallback as string;
      unknown.push(whole as string);
      return whole as string;
    });
  return { value: value.replaceAll(DOLLAR, "$"), unknown };
}

function endOfLine(source: string, at: number) {
  const end = source.indexOf("\n", at);
  return end === -1 ? source.length : end;
}

const escapes: Record<string, string> = { "\\": "\\\\", '"': '\\"', $: "\\$", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** As a file from which Compose, and most others, read exactly these values. */
export const printDotenv = (entries: readonly { key: string; value: string }[]): string =>
  entries.map(({ key, value }) => `${key}=${printed(value)}\n`).join("");

function printed(value: string): string {
  if (/^[A-Za-z0-9_./:@%+,=-]*$/.test(value)) return value;
  if (!/['\\\r]/.test(value)) return `'${value}'`;
  return `"${value.replace(/[\\"$\n\r\t]/g, (character) => escapes[character]!)}"`;
}
