import { type Document, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";

/** Bytes of a compose file, at most. */
const COMPOSE_BYTES = 96 * 1024;

/** What is wrong with a compose file, and where; line and column count from 1. */
export interface ComposeProblem {
  message: string;
  line?: number;
  column?: number;
}

/**
 * What can be said about a compose file without Compose: that it is YAML, with at least one service.
 * Everything else is said by Compose itself, on the server. Nothing comes back when it may be tried.
 */
export function composeProblem(text: string): ComposeProblem | undefined {
  if (text.trim() === "") return { message: "The compose file is empty." };
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > COMPOSE_BYTES) return { message: `The compose file has ${bytes} bytes; at most ${COMPOSE_BYTES} are allowed.` };

  const lines = new LineCounter();
  // As Compose reads it: YAML 1.1's merge keys, and an alias bomb is refused.
  // A key named twice is left to Compose: looking for it here takes too long in a large file.
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, uniqueKeys: false });
  const at = (offset: number) => ({ line: lines.linePos(offset).line, column: lines.linePos(offset).col });
  const [error] = document.errors;
  if (error) return { message: `This is not YAML: ${error.message}.`.replace("..", "."), ...at(error.pos[0]) };

  const strange = strangeShape(document);
  if (strange) return { message: strange.message, ...(strange.offset !== undefined && at(strange.offset)) };

  let model: unknown;
  try {
    model = document.toJS({ maxAliasCount: 1_000 });
  } catch (cause) {
    return { message: `This YAML cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.` };
  }
  if (!isMap(model)) return { message: "A compose file is a map with the key services.", line: 1, column: 1 };
  const offsetOf = (key: string) => {
    const node = document.get(key, true) as { range?: [number, number, number] } | undefined;
    return node?.range ? at(node.range[0]) : { line: 1, column: 1 };
  };
  if (!("services" in model))
    return { message: "The compose file has no services. Add at least one under the key services.", line: 1, column: 1 };
  if (!isMap(model.services)) return { message: "services must be a map of names to services.", ...offsetOf("services") };
  if (Object.keys(model.services).length === 0)
    return { message: "The compose file has no services: the map services is empty.", ...offsetOf("services") };
  return undefined;
}

const DEPTH = 64;

/** What no compose file has, and what takes for ever to turn into a value: keys that are no text, and nesting without end. */
function strangeShape(document: Document): { message: string; offset: number | undefined } | undefined {
  let found: { message: string; offset: number | undefined } | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) || key === null) return undefined;
      found = { message: "A key in this YAML is not a text.", offset: isNode(key) ? key.range?.[0] : undefined };
      return visit.BREAK;
    },
    Collection(_, { range }, path) {
      if (path.length < 2 * DEPTH) return undefined;
      found = { message: `This YAML is nested more than ${DEPTH} levels deep.`, offset: range?.[0] };
      return visit.BREAK;
    },
  });
  return found;
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
