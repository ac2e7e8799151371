import { offeredLabels } from "../beside/labels.ts";
import { list, map, type Part, text } from "../policy-model.ts";

/** Says in words what is different about one key of a service. */
type Words = (before: unknown, after: unknown) => string[];

/** Keys of which more can be said than that they changed. */
const words: Record<string, Words> = {
  image: (before, after) => [`image ${text(before)} becomes ${text(after)}`],
  environment: (before, after) => names("variable", map(before), map(after)),
  labels: (before, after) => names("label", withoutOurs(map(before)), withoutOurs(map(after))),
  ports: (before, after) => names("port", keyed(before, portKey), keyed(after, portKey)),
  volumes: (before, after) => names("mount", keyed(before, mountKey), keyed(after, mountKey)),
  configs: (before, after) => names("config", keyed(before, targetKey), keyed(after, targetKey)),
  secrets: (before, after) => names("secret", keyed(before, targetKey), keyed(after, targetKey)),
  networks: (before, after) => names("network", map(before), map(after)),
  depends_on: (before, after) => names("dependency", map(before), map(after)),
  healthcheck: () => ["health check changed"],
};

/** Why a service is not what it was; the values of variables are not in there. */
export function reasons(before: Part, after: Part): string[] {
  const keys = new Set(["image", ...Object.keys(before), ...Object.keys(after)]);
  return [...keys]
    .filter((key) => !same(before[key], after[key]))
    .flatMap((key) => words[key]?.(before[key], after[key]) ?? [`${plain(key)} changed`]);
}

function names(what: string, before: Part, after: Part): string[] {
  const all = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...all].flatMap((name) => {
    if (!Object.hasOwn(after, name)) return [`${what} ${name} removed`];
    if (!Object.hasOwn(before, name)) return [`${what} ${name} added`];
    return same(before[name], after[name]) ? [] : [`${what} ${name} changed`];
  });
}

const plain = (key: string) => key.replaceAll("_", " ");
const keyed = (items: unknown, key: (item: Part) => string): Part =>
  Object.fromEntries(
    list(items)
      .map(map)
      .map((item) => [key(item), item]),
  );
const targetKey = (item: Part) => text(item.target) || text(item.source);
const mountKey = (item: Part) => text(item.target);
const portKey = ({ published, target, protocol, host_ip }: Part) => {
  const outside = text(published) === "" ? "" : `${text(published)}:`;
  return `${text(host_ip) === "" ? "" : `${text(host_ip)}:`}${outside}${text(target)}${text(protocol) === "udp" ? "/udp" : ""}`;
};
/** The hash of the files that a service mounts is a label as well; it has a sentence of its own. */
const withoutOurs = (labels: Part) =>
  Object.fromEntries(Object.entries(labels).filter(([label]) => !label.startsWith("appos.") || offeredLabels.has(label)));

/** Maps are the same in any order of their keys. */
export function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === right.length &&
    left.every(([key, value]) => Object.hasOwn(b, key) && same(value, (b as Part)[key]))
  );
}
