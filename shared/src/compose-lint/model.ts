import type { Danger } from "../plan.ts";

/** A part of a model with names as keys; nothing, where there is nothing. */
export type Part = Record<string, unknown>;
export const map = (value: unknown): Part => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Part) : {});
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
export const text = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";

export interface LintOptions {
  /** The app's folder, where a resolved model names paths below it by their whole path. */
  folder?: string;
  /** The model before Compose resolved it, where `model` is the resolved one: what came out of a variable is no literal. */
  source?: unknown;
  /** The variables that the app has, where that is known: those have no need of their default. */
  variables?: ReadonlySet<string>;
}

export interface Service {
  name: string;
  definition: Part;
}
/** What one group of rules finds in one service. */
export type ServiceRule = (service: Service, model: Part, options: LintOptions) => Danger[];

export const servicesOf = (model: unknown): Service[] =>
  Object.entries(map(map(model).services)).map(([name, definition]) => ({ name, definition: map(definition) }));

/** What stands for a variable whose value nobody knows. */
const UNKNOWN = "\uFFFC";
const reference = /\$\$|\$\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\$\{[^{}]*\})*))?\}|\$([A-Za-z_]\w*)/g;

/** A text with the defaults of its variables; undefined where it depends on a variable that has none. */
export function withDefaults(value: string): string | undefined {
  const filled = value.replace(reference, (all, _name, operator: string | undefined, rest: string | undefined) => {
    if (all === "$$") return "$";
    return operator?.endsWith("-") ? (withDefaults(rest ?? "") ?? UNKNOWN) : UNKNOWN;
  });
  return filled.includes(UNKNOWN) ? undefined : filled;
}
/** The names of the variables in a text. */
export const variablesIn = (value: string): string[] =>
  [...value.matchAll(reference)].flatMap(([, braced, , , bare]) => braced ?? bare ?? []);

/** A mount, from either way of writing one. */
export interface Mount {
  type: "bind" | "volume" | "other";
  /** Undefined where it has none. */
  source: string | undefined;
  target: string;
  readOnly: boolean;
}

/** The mounts of a service, but for those of which nothing is known. */
export const mountsOf = ({ definition }: Service): Mount[] =>
  list(definition.volumes).flatMap((entry) => (typeof entry === "string" ? shortMount(entry) : longMount(map(entry))));

/** The value that Compose would cut at its colons has no defaults with colons in it any more. */
function shortMount(entry: string): Mount[] {
  const known = withDefaults(entry);
  if (known === undefined) return [];
  const [first = "", second, mode = ""] = known.split(":");
  if (second === undefined) return [{ type: "volume", source: undefined, target: first, readOnly: false }];
  const type = /^[./~]/.test(first) ? "bind" : "volume";
  return [{ type, source: first, target: second, readOnly: mode.split(",").includes("ro") }];
}

function longMount({ type, source, target, read_only }: Part): Mount[] {
  const [from, to] = [withDefaults(text(source)), withDefaults(text(target))];
  if (from === undefined || to === undefined) return [];
  const known = type === "bind" || type === "volume" ? type : "other";
  return [{ type: known, source: from === "" ? undefined : from, target: to, readOnly: read_only === true }];
}

/** The variables of a service, from either way of writing them; null for those that are handed through. */
export function environmentOf(definition: Part): [key: string, value: string | null][] {
  const { environment } = definition;
  if (!Array.isArray(environment))
    return Object.entries(map(environment)).map(([key, value]) => [key, value === null ? null : text(value)]);
  return environment.map(text).map((entry) => {
    const at = entry.indexOf("=");
    return at < 0 ? [entry, null] : [entry.slice(0, at), entry.slice(at + 1)];
  });
}

/** Without `.`, `..` and doubled slashes. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
