import { Document, parse, visit } from "yaml";
import { type Part, map } from "../policy-model.ts";

const APP_LABEL = "appos.app";
const RELEASE_LABEL = "appos.release";

/** Compose doubles every dollar of its answer, keys included. */
export const undoubled = (model: unknown): Part => JSON.parse(JSON.stringify(model).replaceAll("$$", "$")) as Part;

/**
 * What runs: the resolved model without what does nothing, and with our labels. A service that is the same as in the release before
 * keeps that release's label, so that Compose has no reason to make its containers anew; one that was adopted, and is the same, has none.
 * `anew` are services that are not the same in a way that does not show in them.
 */
export function canonicalModel(
  resolved: Part,
  { appId, release, before, anew }: { appId: string; release: number; before: Part | undefined; anew?: ReadonlyMap<string, unknown> },
): Part {
  const model = Object.fromEntries(Object.entries(resolved).filter(([key]) => !key.startsWith("x-")));
  const services: Part = {};
  for (const [name, value] of Object.entries(map(model.services))) {
    const service = plainService(map(value));
    const labels = { ...map(service.labels), [APP_LABEL]: appId };
    const was = map(before?.services)[name];
    const former = map(map(was).labels)[RELEASE_LABEL];
    const unchanged = former === undefined ? service : { ...service, labels: { ...labels, [RELEASE_LABEL]: former } };
    const same = was !== undefined && !anew?.has(name) && sameValue(unchanged, was);
    services[name] = same ? unchanged : { ...service, labels: { ...labels, [RELEASE_LABEL]: String(release) } };
  }
  return { ...model, services };
}

/** As it runs already: the same, without labels of ours, so that its containers stay what they are. */
export function adoptedModel(resolved: Part): Part {
  const services = Object.entries(map(resolved.services)).map(([name, value]) => [name, plainService(map(value))]);
  const model = Object.entries(resolved).filter(([key]) => !key.startsWith("x-"));
  return { ...Object.fromEntries(model), services: Object.fromEntries(services) };
}

/** A secret taken from a variable gets a variable of ours: Compose itself must not hear the app's. */
export function withOwnSecretNames(
  model: Part,
  values: ReadonlyMap<string, string>,
): { model: Part; secrets: { key: string; value: string }[]; missing: string[] } {
  const secrets: { key: string; value: string }[] = [];
  const missing: string[] = [];
  const renamed = Object.entries(map(model.secrets)).map(([name, value]) => {
    const { environment, ...rest } = map(value);
    if (typeof environment !== "string") return [name, value];
    const found = values.get(environment);
    if (found === undefined) missing.push(environment);
    const key = `APPOS_SECRET_${secrets.length}`;
    secrets.push({ key, value: found ?? "" });
    return [name, { ...rest, environment: key }];
  });
  return { model: renamed.length > 0 ? { ...model, secrets: Object.fromEntries(renamed) } : model, secrets, missing };
}

/** Characters for which YAML readers have meanings of their own; the second are those that the writer leaves as they are. */
// oxlint-disable-next-line no-control-regex -- it is about control characters
const awkward = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;
const unwritten = /[\x7f-\x9f\u2028\u2029\ufeff]/g;

/** As a file from which Compose reads exactly this model. */
export function canonicalText(model: Part): string {
  const escaped = mapText(model, (value) => value.replaceAll("$", "$$$$"));
  const document = new Document(escaped, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, scalar) => void (typeof scalar.value === "string" && awkward.test(scalar.value) && (scalar.type = "QUOTE_DOUBLE")),
  });
  return document
    .toString({ lineWidth: 0, directives: false })
    .replace(unwritten, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
export const readCanonical = (text: string) => mapText(parse(text, { version: "1.1" }), (value) => value.replaceAll("$$", "$")) as Part;

/** For other eyes than the server's: the values of secret variables are left out. */
export function masked(model: Part, secrets: readonly string[]): Part {
  const shown = (value: string) =>
    secrets.reduce((text, secret) => (secret.length < 4 ? text : text.replaceAll(secret, "********")), value);
  return mapText(model, shown) as Part;
}

/** Compose writes what was left out as null; a variable without a value would come from its own environment. */
function plainService(service: Part): Part {
  const kept = Object.entries(service).filter(([key, value]) => value !== null && !key.startsWith("x-"));
  const variables = Object.entries(map(service.environment)).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(kept), ...(service.environment !== undefined && { environment: Object.fromEntries(variables) }) };
}

function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => mapText(each, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapText(each, change)]));
}

/** Maps are the same in any order of their keys. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === right.length &&
    left.every(([key, value]) => Object.hasOwn(b, key) && sameValue(value, (b as Part)[key]))
  );
}
