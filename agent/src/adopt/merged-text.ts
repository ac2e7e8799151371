import type { EnvEntry } from "@appos/shared/env";
import { looksSecret, valueLooksSecret } from "@appos/shared/secret-names";
import { adoptedModel, canonicalText } from "../jobs/canonical.ts";
import { map, type Part } from "../policy-model.ts";

/** Shorter ones are found in what has nothing to do with them. */
const TELLING = 4;
/** What names things, and holds no secret: a user or a password may be called the same. */
const NAMES = new Set(["name", "image", "container_name", "source", "target", "type", "driver", "network_mode", "aliases"]);

/**
 * A project's files in one, as Compose resolves them. The text is shown to whoever may see the app, variables are not: what came from
 * an env file becomes a variable, and so does what looks secret. `lifted` are the names that env files give values to.
 */
export function mergedText(resolved: Part, env: readonly EnvEntry[], lifted: ReadonlySet<string>): { compose: string; env: EnvEntry[] } {
  const { name: _, ...model } = adoptedModel(resolved);
  const variables = new Map(env.map((entry) => [entry.key, entry]));
  const mark = `reference-${crypto.randomUUID()}-`;
  const secrets = env.filter(({ secret, value }) => secret && value !== "").toSorted((a, b) => b.value.length - a.value.length);
  const holdsSecret = (text: string) => secrets.some(({ value }) => text === value || (value.length >= TELLING && text.includes(value)));
  const isFilledIn = (text: string) => env.some(({ value }) => value.length >= TELLING && text.includes(value));

  const services = Object.entries(map(model.services)).map(([service, definition]) => {
    const environment = Object.entries(map(map(definition).environment)).map(([key, value]) => {
      if (typeof value !== "string" || value === "") return [key, value];
      const secret = looksSecret(key) || valueLooksSecret(value) || holdsSecret(value);
      if (!secret && !lifted.has(key) && !variables.has(key) && !isFilledIn(value)) return [key, value];
      return [key, `${mark}${variableFor(service, { key, value, secret }, variables)}-end`];
    });
    return [service, { ...map(definition), ...(environment.length > 0 && { environment: Object.fromEntries(environment) }) }];
  });
  // In one go: what took the place of one value must not be taken for another.
  const telling = secrets.filter(({ value }) => value.length >= TELLING);
  const anySecret = new RegExp(telling.map(({ value }) => escaped(value)).join("|") || "(?!)", "g");
  const keyOf = new Map(secrets.map(({ key, value }) => [value, key]));
  const marked = (value: string) => `${mark}${keyOf.get(value)}-end`;
  const reference = (text: string) => (text.startsWith(mark) ? text : keyOf.has(text) ? marked(text) : text.replaceAll(anySecret, marked));
  const text = canonicalText(mapText({ ...model, services: Object.fromEntries(services) }, reference) as Part);
  const compose = text.replaceAll(new RegExp(`${mark}([A-Za-z0-9_]+?)-end`, "g"), (_, key: string) => `\${${key}}`);
  return { compose, env: [...variables.values()] };
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => mapText(each, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, NAMES.has(key) ? each : mapText(each, change)]));
}

/** The variable that has this value by now: of the same name where that is free. */
function variableFor(service: string, { key, value, secret }: EnvEntry, variables: Map<string, EnvEntry>): string {
  const plain = (text: string) => text.replaceAll(/[^A-Za-z0-9_]/g, "_");
  const own = `${plain(service).toUpperCase()}_${plain(key)}`.replace(/^(?=\d)/, "_");
  const names = [own];
  // Compose and Docker read variables of such names themselves.
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !/^(COMPOSE|DOCKER)_/.test(key)) names.unshift(key);
  for (let count = 2; ; count++) {
    for (const name of names) {
      const there = variables.get(name);
      if (there && there.value !== value) continue;
      variables.set(name, { key: name, value, secret: secret || there?.secret === true });
      return name;
    }
    names.push(`${own}_${count}`);
  }
}
