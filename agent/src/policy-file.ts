import { type Policy, PolicyFile } from "@appos/shared/policy";
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";

/** What is wrong with a policy file, and where; line and column count from 1. */
export interface PolicyProblem {
  message: string;
  line: number;
  column: number;
}

/** The policy that a file's text states, or all that is wrong with it. */
export function parsePolicy(text: string): { policy: Policy } | { problems: PolicyProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => ({ line: lines.linePos(offset).line, column: lines.linePos(offset).col });
  const flaws = [...document.errors, ...document.warnings];
  if (flaws.length > 0) return { problems: flaws.map(({ message, pos }) => ({ message: `This is not YAML: ${message}`, ...at(pos[0]) })) };

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    return { problems: [{ message: `This YAML cannot be read: ${(cause as Error).message}`, line: 1, column: 1 }] };
  }
  const { data, error } = PolicyFile.safeParse(value ?? {});
  if (data) return { policy: data };
  const problems = error.issues.flatMap((issue) =>
    places(issue).map((place) => ({ message: place.message, ...at(offsetOf(document, place)) })),
  );
  return { problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** The policy that a file's text states; without a file nothing beyond the safe is allowed. Throws with what is wrong. */
export function readPolicy(text: string | undefined): Policy {
  const read = parsePolicy(text ?? "");
  if ("policy" in read) return read.policy;
  const [first, ...more] = read.problems;
  const others = more.length > 0 ? ` There ${more.length === 1 ? "is 1 more" : `are ${more.length} more`}: appos-agent policy check.` : "";
  throw new Error(`line ${first!.line}, column ${first!.column}: ${sentence(first!.message)}${others}`);
}

const sentence = (text: string) => (text.endsWith(".") ? text : `${text}.`);

type Issue = z.core.$ZodIssue;
interface Place {
  path: PropertyKey[];
  message: string;
  /** The key itself is what is wrong. */
  ofKey?: true;
}

const known: Record<string, string[]> = {
  "": Object.keys(PolicyFile.shape),
  ...Object.fromEntries(Object.entries(PolicyFile.shape).map(([name, section]) => [name, Object.keys(section.out.shape)])),
};

/** What an issue says to whoever wrote the file. A key that is not known stands where that key stands. */
function places(issue: Issue): Place[] {
  const { path } = issue;
  const name = path.map(String).join(".");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: [...path, key],
      ofKey: true,
      message: `${name ? `${name} has` : "There is"} no key ${key}. Known are: ${(known[name] ?? []).join(", ")}`,
    }));
  const subject = name.replace(/\.(\d+)$/, "") || "The file";
  if (issue.code === "invalid_value") return [{ path, message: `${subject} knows: ${issue.values.map(String).join(", ")}` }];
  if (issue.code === "invalid_type" && (issue.expected === "object" || issue.expected === "array"))
    return [{ path, message: `${subject} must be ${issue.expected === "array" ? "a list" : "a map of keys to values"}` }];
  if (issue.code === "invalid_type" && issue.expected === "string") return [{ path, message: `${subject} must hold texts` }];
  return [{ path, message: `${subject}: ${issue.message}` }];
}

/** Where a value is written, or its key where the key is what is wrong; where neither is, the nearest part around it. */
function offsetOf(document: Document, { path, ofKey }: Place): number {
  if (ofKey) {
    const around = document.getIn(path.slice(0, -1), true);
    const pair = isMap(around) ? around.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1))) : undefined;
    if (isScalar(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
