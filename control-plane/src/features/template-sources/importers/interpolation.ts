// Compose's own words for variables: $NAME, ${NAME}, ${NAME:-default}, ${NAME:?message}, $$ for one dollar sign.

export interface Variable {
  name: string;
  /** "", or one of - :- ? :? + :+ */
  operator: string;
  word: string;
  /** As it stands there. */
  raw: string;
}
type Piece = string | Variable;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/** A text in pieces: what stands for itself, still with `$$` for one dollar sign, and variables. A dollar sign that means nothing stands for itself. */
export function pieces(source: string): Piece[] {
  const found: Piece[] = [];
  let plain = "";
  const put = (piece: Variable) => {
    if (plain !== "") found.push(plain);
    plain = "";
    found.push(piece);
  };
  for (let at = 0; at < source.length;) {
    if (source[at] !== "$") plain += source[at++]!;
    else if (source[at + 1] === "$") {
      plain += "$$";
      at += 2;
    } else {
      const variable = variableAt(source, at);
      if (variable) put(variable);
      else plain += "$$";
      at += variable ? variable.raw.length : 1;
    }
  }
  if (plain !== "") found.push(plain);
  return found;
}

function variableAt(source: string, at: number): Variable | undefined {
  if (source[at + 1] !== "{") {
    const name = NAME.exec(source.slice(at + 1, at + 260))?.[0];
    return name === undefined ? undefined : { name, operator: "", word: "", raw: `$${name}` };
  }
  const end = closing(source, at + 2);
  const inside = end === undefined ? undefined : source.slice(at + 2, end);
  const found = inside === undefined ? null : /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([^]*))?$/.exec(inside);
  return found ? { name: found[1]!, operator: found[2] ?? "", word: found[3] ?? "", raw: source.slice(at, end! + 1) } : undefined;
}

function closing(source: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < source.length; at++) {
    if (source[at] === "{" && source[at - 1] === "$") depth++;
    else if (source[at] === "}" && --depth === 0) return at;
  }
  return undefined;
}

/** The text with some of its variables replaced; those for which nothing comes back stay. What stands for itself is made so that Compose takes it. */
export function replaceVariables(source: string, replacement: (variable: Variable) => string | undefined): string {
  if (!source.includes("$")) return source;
  return pieces(source)
    .map((piece) => {
      if (typeof piece === "string") return piece;
      const given = replacement(piece);
      if (given !== undefined) return given;
      const word = piece.word === "" ? "" : replaceVariables(piece.word, replacement);
      return word === piece.word ? piece.raw : `\${${piece.name}${piece.operator}${word}}`;
    })
    .join("");
}

/** Every variable in a text, those in defaults too. */
export const variablesIn = (source: string): Variable[] =>
  source.includes("$")
    ? pieces(source).flatMap((piece) => (typeof piece === "string" ? [] : [piece, ...(piece.word === "" ? [] : variablesIn(piece.word))]))
    : [];

/** A text that stands for itself, in Compose's words. */
export const escaped = (plain: string) => plain.replaceAll("$", "$$$$");
/** What the text is where its variables have their defaults; undefined where one has none. */
export function withDefaults(source: string): string | undefined {
  let known = true;
  const filled = replaceVariables(source, ({ operator, word }) => {
    const given = operator.endsWith("-") ? withDefaults(word) : undefined;
    known &&= given !== undefined;
    return given ?? "";
  });
  return known ? filled : undefined;
}

/** Every text in a model, through a function; keys stay as they are. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((each) => mapTexts<unknown>(each, change)) as T;
  if (typeof value === "object" && value !== null && !(value instanceof Date))
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapTexts<unknown>(each, change)])) as T;
  return value;
}
export function* textsIn(value: unknown): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) yield* textsIn(each);
}
