import { isWildcard } from "@appos/shared/wildcards";
import { PROXY_HEADER } from "@appos/shared/site-check";
import { sumOf } from "./nginx-text.ts";
import { PROBE_PATH } from "./probes.ts";
import { type Resolved, type ResolvedRoute, type ResolvedSite, servedNow, type Upstream } from "./resolved.ts";
import { beforePaths } from "./traefik-options.ts";
import { type OwnNames, ownNames } from "./wildcards.ts";
import { RESOLVER, traefikPlaces } from "./traefik-static.ts";
import { below, fileText, ofAnyBelow, ofHost, ofPath, word } from "./traefik-text.ts";

type Json = Record<string, unknown>;
type Entry = [name: string, definition: Json];
/** Where it listens. */
type Door = "web" | "websecure";

/** Of two rules the one with the greater number is asked first, whichever is longer. */
const [OURS, SITE, WILDCARD] = [10_000, 1_000, 10];

/**
 * All of Traefik's dynamic configuration but who serves where that can change: that is in files of its own, see traefik-choices.ts. Its
 * fields are those of https://doc.traefik.io/traefik/v3.6/reference/routing-configuration/other-providers/file/ (in traefik's repository
 * docs/content/reference/routing-configuration/other-providers/file.yaml, made from its Go types). Differences that Traefik brings: it has
 * no pages of its own to give, so it says in its own words that there is nothing, or that an app is down.
 */
export function renderTraefik(asked: Resolved): string {
  const model = servedNow(asked);
  const { id, sites, certificates } = model;
  const around = { ...model, owned: ownNames(model) };
  const parts = sites.flatMap((site) => siteParts(site, around));
  const of = (kind: Part[0]): Json => Object.fromEntries(parts.flatMap(([is, entry]) => (is === kind ? [entry] : [])));
  const lent = [...new Set(certificates.values())].map((file) => `${traefikPlaces.shared}/${word(file)}`);
  const services = of("service");
  const http = {
    routers: { ...probes(sites.some(({ https }) => https !== "off")), ...of("router") },
    middlewares: { ...shared(id), ...of("middleware") },
    // Nothing at all is more than Traefik takes: it asks for a name.
    ...(Object.keys(services).length > 0 && { services }),
    serversTransports: { apps: transport },
  };
  const tls = {
    // A name without a certificate has none to show.
    options: { default: { minVersion: "VersionTLS12", sniStrict: true } },
    // Those that were uploaded, that the agent made or got, or another proxy before this one took over. Key and certificates are in one file.
    ...(lent.length > 0 && { certificates: lent.map((file) => ({ certFile: file, keyFile: file })) }),
  };
  return fileText({ http: withMark(http, "sites"), tls });
}

/** With a router for a path that is there only once Traefik serves by this. */
export function withMark<T extends { routers?: Json }>(http: T, name: string): T {
  const rule = ofPath(`${PROBE_PATH}/${sumOf(JSON.stringify([name, http]))}`);
  return {
    ...http,
    routers: { ...http.routers, [`mark:${name}`]: { entryPoints: ["web"], rule, priority: OURS, service: "ping@internal" } },
  };
}
export const traefikMark = (text: string): string => /Path\(`(\/\.well-known\/appos\/[0-9a-f]{16})`\)/.exec(text)![1]!;

/** For whoever wants to know whether the proxy answers, and not its apps; and which proxy it is. */
function probes(secure: boolean): Json {
  const probe = (door: Door) => ({
    entryPoints: [door],
    rule: ofPath(PROBE_PATH),
    priority: OURS,
    middlewares: ["who"],
    service: "ping@internal",
  });
  return {
    ready: { entryPoints: ["own"], rule: ofPath("/ping"), priority: OURS, service: "ping@internal" },
    "probe:web": probe("web"),
    ...(secure && { "probe:websecure": { ...probe("websecure"), tls: {} } }),
  };
}

const shared = (id: string): Json => ({
  who: { headers: { customResponseHeaders: { [PROXY_HEADER]: word(id), "Cache-Control": "no-store" } } },
  visitor: { headers: { customRequestHeaders: Object.fromEntries(untrue.map((name) => [name, ""])) } },
  // What nothing has been sent of: the next container may be there, or this one in a moment.
  retry: { retry: { attempts: 15, initialInterval: "100ms" } },
  "to-https": { redirectScheme: { scheme: "https", permanent: true } },
});

const either = (parts: string[]): string[] =>
  parts.length === 1 ? parts : either(parts.slice(1)).flatMap((rest) => ["-", "_"].map((dash) => `${parts[0]}${dash}${rest}`));
/**
 * What a visitor may say and nobody is to believe. X-Forwarded-For and the like Traefik replaces by itself, but not as they are written with
 * underscores, which many programs behind it take for the same.
 */
const untrue = [
  "Forwarded",
  ...[...["For", "Proto", "Host", "Port", "Prefix", "Server"].map((what) => ["X", "Forwarded", what]), ["X", "Real", "Ip"]]
    .flatMap(either)
    .filter((name) => name.includes("_")),
];

/** A container that nothing is sent to any more is soon seen to have no connection but those that somebody waits for. */
const transport = { maxIdleConnsPerHost: 100, forwardingTimeouts: { dialTimeout: "3s", idleConnTimeout: "5s" } };

type Part = ["router" | "middleware" | "service", Entry];

interface Around extends Resolved {
  owned: OwnNames;
}

function siteParts(site: ResolvedSite, model: Around): Part[] {
  const { name, alias, https, forceHttps, routes } = site;
  const isForced = https !== "off" && forceHttps;
  const doors: Door[] = https === "off" ? ["web"] : isForced ? ["websecure"] : ["web", "websecure"];
  const services = routes.flatMap((route): Part[] =>
    route.beside ? [] : [["service", [serviceName(name, route), balanced(route.upstreams)]]],
  );
  const forced = (of: string): Part[] => (isForced ? [["router", router({ of, door: "web", middlewares: ["to-https"] }, model)]] : []);
  return [
    ...services,
    ...doors.flatMap((door) => served(site, door, model)),
    ...forced(name),
    ...(alias === null
      ? []
      : site.aliasWaits
        ? sentOn(alias, site, ["web"], model)
        : [...sentOn(alias, site, doors, model), ...forced(alias)]),
  ];
}

function served(site: ResolvedSite, door: Door, model: Around): Part[] {
  const { name, routes } = site;
  const own = beforePaths(site, door === "websecure", model).map(([kind, definition]): Entry => [
    `${name}:${door}:${kind}`,
    definition as Json,
  ]);
  const middlewares = [...own.map(([key]) => key), "visitor", "retry"];
  return [
    ...own.map((entry): Part => ["middleware", entry]),
    ...routes.map((route): Part => ["router", router({ of: name, door, route, middlewares }, model)]),
  ];
}

function sentOn(alias: string, { name, https }: ResolvedSite, doors: Door[], model: Around): Part[] {
  const key = `${alias}:to`;
  const replacement = `${https === "off" ? "http" : "https"}://${name}\${1}`;
  return [
    ["middleware", [key, { redirectRegex: { regex: "^https?://[^/]+(.*)$", replacement, permanent: true } }]],
    ...doors.map((door): Part => ["router", router({ of: alias, door, middlewares: [key] }, model)]),
  ];
}

interface Way {
  /** The name that is asked for. */
  of: string;
  door: Door;
  middlewares: string[];
  /** None where it leads to another address. */
  route?: ResolvedRoute;
}

function router({ of, door, middlewares, route }: Way, { asking, owned }: Pick<Around, "asking" | "owned">): Entry {
  const path = route?.path ?? "/";
  const host = isWildcard(of) ? ofAnyBelow(of, owned.get(of) ?? []) : ofHost(of);
  const tls = asking?.has(of) ? { certResolver: RESOLVER, domains: [{ main: of }] } : {};
  return [
    `${of}:${door}${path}`,
    {
      entryPoints: [door],
      rule: path === "/" ? host : `${host} && ${below(path)}`,
      priority: (isWildcard(of) ? WILDCARD : SITE) + path.length,
      middlewares,
      service: route ? serviceName(of, route) : "noop@internal",
      ...(door === "websecure" && { tls }),
    },
  ];
}

/** What can go over has another name for other containers: who goes by the former configuration finds its own until that is gone. */
export const serviceName = (name: string, { path, upstreams, beside }: ResolvedRoute) =>
  beside ? `${sumOf(JSON.stringify([upstreams, beside.upstreams]))}:${word(beside.file)}` : `${name}${path}`;

/** Without a container it answers with 503. */
export const balanced = (upstreams: Upstream[]): Json => ({
  loadBalancer: {
    ...(upstreams.length > 0 && { servers: serversOf(upstreams) }),
    passHostHeader: true,
    serversTransport: "apps",
  },
});

const serversOf = (upstreams: Upstream[]) => upstreams.map(({ host, port }) => ({ url: `http://${word(host)}:${port}` }));
