import { Template, type TemplateInput, TemplateInput as Input } from "@appos/shared/templates";
import type { Draft, DraftInput } from "./importer.ts";
import { replaceVariables, textsIn, type Variable, variablesIn, withDefaults } from "./interpolation.ts";
import { portVariables } from "./ports.ts";
import { map } from "./reading.ts";
import { isSecretName } from "./secrets.ts";

/** What platforms tell every app about itself; here each is asked, with what most would answer. */
const everyday: Record<string, DraftInput> = {
  TZ: { label: "Time zone", type: "timezone", default: "Etc/UTC" },
  PUID: { label: "User number", help: "The number of the user as whom the app writes its files.", type: "number", default: "1000" },
  PGID: { label: "Group number", help: "The number of the group as which the app writes its files.", type: "number", default: "1000" },
};

/** Every variable that the compose file names and nobody has told of: what its default is, and whether it must be given. */
export function askForTheRest(draft: Draft) {
  const ports = new Set(Object.values(map(draft.model.services)).flatMap((service) => portVariables(map(service))));
  const asked = Map.groupBy(
    [...textsIn(draft.model)].flatMap((text) => variablesIn(text)),
    ({ name }) => name,
  );
  for (const [name, all] of asked) if (!draft.inputs.has(name)) draft.inputs.set(name, asInput(name, all, ports.has(name)));
}

function asInput(name: string, all: Variable[], isPort: boolean): DraftInput {
  const given = everyday[name];
  const defaults = all.find(({ operator }) => operator.endsWith("-"))?.word;
  const value = defaults === undefined ? undefined : withDefaults(defaults)?.replaceAll("$$", "$");
  const joined =
    defaults !== undefined && value === undefined ? replaceVariables(defaults, ({ name: other }) => `\${${other}}`) : undefined;
  if (given) return value ? { ...given, default: value } : given;
  const message = all.find(({ operator }) => operator.endsWith("?"))?.word;
  const label = name;
  if (isPort) return { label, type: "port", ...(value ? { default: value } : { generator: { kind: "port", from: 20_000 } }) };
  if (isSecretName(name))
    return { label, type: "password", secret: true, generator: { kind: "alnum", length: 24, lower: false }, editableAfterInstall: false };
  if (joined !== undefined) return { label, hidden: true, generator: { kind: "text", value: joined } };
  return {
    label,
    type: value !== undefined && value.length < 6 && /^(true|false)$/.test(value) ? "boolean" : "text",
    required: message !== undefined,
    ...(message && { help: message.slice(0, 500) }),
    ...(value !== undefined && { default: value }),
  };
}

/** A default in the compose file would hide that an input was left empty, or is not the same everywhere: the input decides. */
export const withoutDefaults = (draft: Draft) => (text: string) =>
  replaceVariables(text, ({ name, operator }) =>
    operator === "" || operator.endsWith("+") || !draft.inputs.has(name) ? undefined : `\${${name}}`,
  );

/** What nothing refers to is not asked for. */
export function used(draft: Draft, routes: { key?: string }[], texts: Iterable<string>): [string, DraftInput][] {
  const wanted = new Set([
    ...routes.flatMap(({ key }) => key ?? []),
    ...[...texts].flatMap((text) => variablesIn(text).map(({ name }) => name)),
  ]);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const key of wanted) for (const other of namedBy(draft.inputs.get(key))) wanted.add(other);
  }
  const isSecret = (key: string, seen: string[] = []): boolean => {
    const input = draft.inputs.get(key);
    if (!input || seen.includes(key)) return false;
    return (
      input.secret ?? (input.type === "password" || isSecretName(key) || namedIn(input).some((other) => isSecret(other, [...seen, key])))
    );
  };
  return [...draft.inputs].filter(([key]) => wanted.has(key)).map(([key, input]) => [key, { ...input, secret: isSecret(key) }]);
}

/** What is put together from a secret is one. */
const namedIn = ({ generator }: DraftInput) => (generator?.kind === "text" ? variablesIn(generator.value).map(({ name }) => name) : []);

function namedBy(input: DraftInput | undefined): string[] {
  const { generator } = input ?? {};
  if (generator?.kind === "text") return variablesIn(generator.value).map(({ name }) => name);
  if (generator?.kind === "jwt") return [generator.secretRef];
  return generator?.kind === "address" && generator.port !== undefined ? [generator.port] : [];
}

/** As the schema has it; what of it does not fit is left out, and said. */
export function finishedInput(key: string, draft: DraftInput, dropped: Set<string>): TemplateInput {
  const entries = Object.entries(draft).filter(([, value]) => value !== undefined && value !== "");
  const input: Record<string, unknown> = { ...Object.fromEntries(entries), key };
  input.label = (String(input.label ?? key).trim() || key).slice(0, 120);
  if (typeof input.help === "string") input.help = input.help.trim().slice(0, 500) || undefined;
  if (draft.default === "" && draft.required === false) input.default = "";
  if (input.pattern !== undefined && !Input.shape.pattern.safeParse(input.pattern).success) {
    dropped.add(`The pattern that ${key} has to fit was left out: AppOS tries simple ones only.`);
    delete input.pattern;
    delete input.patternHelp;
  }
  if (input.type === "select" && !(Array.isArray(input.options) && input.options.length > 0)) delete input.type;
  return Template.shape.inputs.unwrap().element.parse(input);
}
