import type { ConfigFile } from "@appos/shared/config-files";
import type { EnvEntry } from "@appos/shared/env";
import type { Template, TemplateInput } from "@appos/shared/templates";
import { AppError } from "../../errors.ts";
import { type KeyPair, make, type Making, needs, newKeyPair } from "./generators.ts";
import { valueProblem } from "./input-values.ts";
import { filled } from "./placeholders.ts";

export type Circumstances = Pick<Making, "now" | "freePort" | "address" | "domain">;
export type Values = ReadonlyMap<string, string>;

/** A value for every input: what was given, else its default, else what is made. What stays without one is missing. */
export async function valuesOf(inputs: TemplateInput[], given: Values, circumstances: Circumstances): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  const pairs = new Map<string, Promise<KeyPair>>();
  const making: Making = {
    ...circumstances,
    value: (key) => values.get(key) ?? given.get(key),
    keyPair(name) {
      const pair = pairs.get(name) ?? newKeyPair();
      pairs.set(name, pair);
      return pair;
    },
  };
  const settle = async (input: TemplateInput) => {
    const said = input.hidden ? undefined : given.get(input.key);
    if (said !== undefined && (said !== "" || (!input.required && !input.generator))) return void values.set(input.key, said);
    if (input.default !== undefined) return void values.set(input.key, input.default);
    if (input.generator) return void values.set(input.key, await make(input.generator, making));
    if (!input.required) values.set(input.key, "");
  };
  for (const input of inOrder(inputs)) await settle(input);
  return values;
}

/** Those that others are made from come first. A circle is cut where it is found: what is not known is left as it stands. */
function inOrder(inputs: TemplateInput[]): TemplateInput[] {
  const byKey = new Map(inputs.map((input) => [input.key, input]));
  const ordered = new Set<TemplateInput>();
  const begun = new Set<TemplateInput>();
  const add = (input: TemplateInput) => {
    if (begun.has(input)) return;
    begun.add(input);
    for (const key of input.generator ? needs(input.generator) : []) if (byKey.has(key)) add(byKey.get(key)!);
    ordered.add(input);
  };
  for (const input of inputs) add(input);
  return [...ordered];
}

/** Refuses what does not fit, naming each field. */
export function checkValues(inputs: TemplateInput[], given: Values, values: Values): void {
  const asked = new Set(inputs.filter(({ hidden }) => !hidden).map(({ key }) => key));
  const strange = [...given.keys()]
    .filter((key) => !asked.has(key))
    .map((key) => ({ path: `inputs.${key}`, message: `This template asks for no ${key}.` }));
  // What was made from a value that does not fit is not what has to be mended.
  const open = inputs.filter(({ key, generator }) => given.has(key) || !generator);
  const wrong = open.flatMap((input) => {
    const problem = valueProblem(input, values.get(input.key) ?? "");
    return problem === undefined ? [] : [{ path: `inputs.${input.key}`, message: problem, label: input.label }];
  });
  const [first] = wrong;
  if (first)
    throw new AppError("INVALID_REQUEST", `${first.label}: ${first.message}`, [
      ...wrong.map(({ path, message }) => ({ path, message })),
      ...strange,
    ]);
  if (strange[0]) throw new AppError("INVALID_REQUEST", strange[0].message, strange);
}

export const envOf = (inputs: TemplateInput[], values: Values): EnvEntry[] =>
  inputs.map(({ key, secret }) => ({ key, value: values.get(key) ?? "", secret }));

export const filesOf = (files: Template["files"], values: Values): ConfigFile[] =>
  files.map(({ fill, ...file }) =>
    fill && file.encoding === "text" ? { ...file, content: filled(file.content, (key) => values.get(key)) } : file,
  );
