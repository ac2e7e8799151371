import { type Document, isCollection, isScalar, isSeq, parseDocument } from "yaml";
import { parsePolicy } from "../policy-file.ts";
import { type PolicyRule, type PolicyRuleName, policyRules, valueOf } from "../policy-words.ts";
import { Refusal } from "./refusal.ts";

export interface PolicyEdit {
  verb: "allow" | "deny";
  rule: string;
  /** One of a list; the whole rule where there is none. */
  value: string | undefined;
}

/** The text of a policy file in which one rule was changed and all else, comments too, is as it was. The same text where nothing changes. */
export function editPolicy(text: string, { verb, rule: name, value }: PolicyEdit): string {
  if (!Object.hasOwn(policyRules, name)) throw new Refusal(`There is no rule ${name}. There are: ${Object.keys(policyRules).join(", ")}.`);
  const rule: PolicyRule = policyRules[name as PolicyRuleName];
  const before = parsePolicy(text);
  if ("problems" in before) throw new Refusal("The policy file cannot be used as it is. See what is wrong: appos-agent policy check.");

  const now = valueOf(before.policy, rule);
  const next = changed(rule, name, now, verb === "allow", value);
  if (JSON.stringify(next) === JSON.stringify(now)) return text;
  const document = parseDocument(text);
  write(document, rule, next, value);
  const edited = document.toString({ lineWidth: 0 });
  const after = parsePolicy(edited);
  if ("problems" in after) throw new Refusal(`${after.problems[0]!.message}.`);
  return edited;
}

type Value = boolean | string[] | null;

/** What a rule is to be. Nothing that is said to allow ever forbids. */
function changed({ shape, value: noun }: PolicyRule, name: string, now: Value, allow: boolean, value: string | undefined): Value {
  if (shape === "switch") {
    if (value !== undefined) throw new Refusal(`${name} is allowed or not: it takes no ${value}.`);
    return allow;
  }
  const list = Array.isArray(now) ? now : [];
  const all: Value = shape === "only" ? null : [];
  if (value === undefined) {
    if (allow ? shape === "allowed" : shape === "denied")
      throw new Refusal(`Say which: appos-agent policy ${allow ? "allow" : "deny"} ${name} ${noun?.toUpperCase()}.`);
    return allow ? all : [];
  }
  if (now === null && allow) return null;
  if (now === null)
    throw new Refusal(
      `Any ${noun} is allowed so far. "appos-agent policy deny ${name}" first forbids them all; then allow those that you want, one by one.`,
    );
  const adds = allow === (shape !== "denied");
  const without = list.filter((each) => each.toLowerCase() !== value.toLowerCase());
  return adds ? (without.length < list.length ? list : [...list, value]) : without;
}

/** Touches as little of the document as may be: one item of a list, where it is one. */
function write(document: Document, { at: [section, key] }: PolicyRule, next: Value, value: string | undefined) {
  if (!isCollection(document.get(section, true))) document.set(section, document.createNode({}));
  const list = document.getIn([section, key], true);
  if (value === undefined || !Array.isArray(next) || !isSeq(list)) return document.setIn([section, key], next);
  const index = list.items.findIndex((item) => isScalar(item) && String(item.value).toLowerCase() === value.toLowerCase());
  if (index >= 0) document.deleteIn([section, key, index]);
  else document.addIn([section, key], value);
}
