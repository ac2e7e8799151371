import type { Draft, DraftRoute } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { variablesIn, withDefaults } from "./interpolation.ts";
import { splitAtColons } from "./mounts.ts";
import { isMap, list, map, type Part, port, text } from "./reading.ts";

interface Published {
  target: string;
  /** As it stands there; empty where Docker chooses. */
  host: string;
  protocol: string;
}

/** A port as a service publishes it, in either way of writing one. */
export function published(entry: unknown): Published {
  if (isMap(entry)) return { target: text(entry.target), host: text(entry.published), protocol: text(entry.protocol) || "tcp" };
  const [ports = "", protocol = "tcp"] = text(entry).split("/");
  const parts = splitAtColons(ports);
  return { target: parts.at(-1)!, host: parts.length > 1 ? parts.at(-2)! : "", protocol };
}

/**
 * Where people reach the app: each of its routes has a port of the server, which an input chooses. What was published for the same port goes;
 * what other ports a service publishes stays.
 */
export function translateRoutes(draft: Draft): (DraftRoute & { key?: string })[] {
  const services = map(draft.model.services);
  const seen = new Set<string>();
  const routes = draft.routes.filter(({ service, port }) => {
    const at = `${service}:${port}`;
    return service in services && !seen.has(at) && seen.add(at);
  });
  for (const { service } of draft.routes.filter(({ service }) => !(service in services)))
    draft.dropped.add(`An address leads to ${service}, which is no service of the template, so it was left out.`);
  if (routes.length > 0 && !routes.some(({ primary }) => primary)) routes[0]!.primary = true;
  const names = new Set(draft.inputs.keys());
  return routes.map((route) => publish(route, map(services[route.service])));

  function publish(route: DraftRoute, service: Part) {
    if (text(service.network_mode) === "host") return route;
    if (text(service.network_mode).startsWith("service:")) return publish({ ...route }, map(services[text(service.network_mode).slice(8)]));
    const ports = list(service.ports);
    const same = ports.filter((entry) => {
      const { target, protocol } = published(entry);
      return protocol === "tcp" && (withDefaults(target) ?? target) === String(route.port);
    });
    const host = published(same[0] ?? "").host;
    const variable = variablesIn(host)[0]?.name;
    const key = route.key ?? variable ?? freeKey(route);
    names.add(key);
    const wanted = route.from ?? port(withDefaults(host)) ?? (route.port < 1024 ? 8080 : route.port);
    service.ports = [...ports.filter((entry) => !same.includes(entry)), `\${${key}}:${route.port}`];
    const { default: given, ...known } = draft.inputs.get(key) ?? {};
    draft.inputs.set(key, {
      label: route.primary ? "Port of the server" : `Port of the server for ${route.service}`,
      help: `Under this port of the server people reach ${route.service}. Left empty, it is the first one that is free.`,
      ...known,
      hidden: false,
      required: true,
      type: "port",
      generator: { kind: "port", from: port(given) ?? wanted },
    });
    return { ...route, key };
  }

  function freeKey({ primary, service }: DraftRoute) {
    const base = primary ? "HTTP_PORT" : `${service.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_PORT`.replace(/^(\d)/, "_$1");
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}_${n}`;
      if (!names.has(name)) return name;
    }
  }
}

/** The variables that stand where a port of the server does. */
export const portVariables = (service: Part): string[] =>
  list(service.ports).flatMap((entry) => variablesIn(published(entry).host).map(({ name }) => name));

/** A list that names a port twice is refused by Compose. */
export function checkPorts(name: string, service: Part) {
  if (service.ports === undefined) return;
  const ports = list(service.ports).map((entry) => (isMap(entry) ? entry : text(entry).trim()));
  if (ports.some((entry) => published(entry).target === "")) throw new Untranslatable(`A port of the service ${name} cannot be read.`);
  const seen = new Set<string>();
  service.ports = ports.filter((entry) => {
    const key = JSON.stringify(entry);
    return !seen.has(key) && seen.add(key);
  });
  if (list(service.ports).length === 0) delete service.ports;
}
