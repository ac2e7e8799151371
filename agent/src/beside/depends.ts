import { map, type Part } from "../policy-model.ts";

/** What a service waits for, by name, with how it waits. */
export const dependsOf = (service: string, model: Part): [name: string, condition: string][] =>
  Object.entries(map(map(map(model.services)[service]).depends_on)).map(([name, how]) => [
    name,
    String(map(how).condition ?? "service_started"),
  ]);

/** All that services wait for, directly or not. */
export function needsOf(services: Iterable<string>, model: Part): Set<string> {
  const all = new Set<string>();
  const open = [...services];
  for (let service = open.pop(); service !== undefined; service = open.pop())
    for (const [name] of dependsOf(service, model)) {
      if (all.has(name)) continue;
      all.add(name);
      open.push(name);
    }
  return all;
}

/** What is waited for comes before what waits. */
export function inOrder(services: readonly string[], model: Part): string[] {
  const rank = new Map(services.map((service) => [service, needsOf([service], model).size]));
  return services.toSorted((a, b) => rank.get(a)! - rank.get(b)!);
}

/** A service that something waits for that one of these waits for in its turn: to start that one would put this one's place at stake. */
export function inBetween(services: readonly string[], model: Part): { service: string; waiting: string } | undefined {
  const needed = [...needsOf(services, model)].filter((name) => !services.includes(name));
  for (const waiting of needed) {
    const needs = needsOf([waiting], model);
    const service = services.find((each) => needs.has(each));
    if (service) return { service, waiting };
  }
  return undefined;
}

/** The same model, in which nothing waits for anything but these. */
export const waitingOnlyFor = (names: ReadonlySet<string>, model: Part): Part => ({
  ...model,
  services: Object.fromEntries(
    Object.entries(map(model.services)).map(([service, definition]) => {
      const { depends_on: depends, ...rest } = map(definition);
      const kept = Object.entries(map(depends)).filter(([name]) => names.has(name));
      return [service, kept.length > 0 ? { ...rest, depends_on: Object.fromEntries(kept) } : rest];
    }),
  ),
});
