import { yamlLanguage } from "@codemirror/lang-yaml";
import { servicesOf, text } from "@appos/shared/compose-lint/model";
import { listenedPorts } from "@appos/shared/compose-lint/ports";
import type { ServiceTarget } from "./service-targets.ts";

/** The services of a compose file and the ports they listen on, as far as that stands in the file itself. Loaded when it is wanted. */
export function composeTargets(file: string): ServiceTarget[] {
  const model = valueOf(yamlLanguage.parser.parse(file).topNode, file);
  return servicesOf(model).map(({ name, definition }) => ({ service: name, ports: listenedPorts(definition) }));
}

type Node = ReturnType<typeof yamlLanguage.parser.parse>["topNode"];
const childrenOf = (node: Node): Node[] => {
  const all = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (!marks.has(child.name)) all.push(child);
  return all;
};
const marks = new Set([":", "-", "?", ",", "{", "}", "[", "]", "Comment", "Anchor", "Tag", "DirectiveEnd", "DocumentEnd"]);

/** The editor knows YAML as a tree; this is what it means, without its aliases. */
function valueOf(node: Node | undefined, file: string): unknown {
  const children = node ? childrenOf(node) : [];
  switch (node?.name) {
    case "Stream":
    case "Document":
    case "Item":
    case "Tagged":
    case "Anchored":
      return valueOf(children.at(-1), file);
    case "BlockMapping":
    case "FlowMapping":
      return Object.fromEntries(children.filter(({ name }) => name === "Pair").map((pair) => pairOf(childrenOf(pair), file)));
    case "BlockSequence":
    case "FlowSequence":
      return children.map((item) => valueOf(item, file));
    case "Literal":
      return file.slice(node.from, node.to);
    case "QuotedLiteral":
      return file.slice(node.from + 1, node.to - 1);
    default:
      return undefined;
  }
}

const pairOf = (parts: Node[], file: string): [string, unknown] => {
  const key = parts.find(({ name }) => name === "Key");
  return [
    text(valueOf(key?.firstChild ?? undefined, file)),
    valueOf(
      parts.find((part) => part !== key),
      file,
    ),
  ];
};
