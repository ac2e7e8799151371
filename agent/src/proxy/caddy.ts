import { isWildcard } from "@appos/shared/wildcards";
import { type Around, beforePaths, errorRoutes, hostMatch } from "./caddy-options.ts";
import { type Json, page } from "./caddy-page.ts";
import { PROXY_HEADER } from "@appos/shared/site-check";
import { CONSOLE_SOCKET } from "@appos/shared/sites";
import { PROBE_PATH } from "./probes.ts";
import { downPage, unknownPage } from "./pages.ts";
import {
  type Beside,
  byPrecision,
  namesByDns,
  namesByHttp,
  namesOf,
  namesWith,
  type Resolved,
  type ResolvedRoute,
  type ResolvedSite,
  servedNow,
  type Upstream,
} from "./resolved.ts";
import { ownNames } from "./wildcards.ts";

/** Where things are in the proxy's container. */
export const caddyPlaces = {
  /** Ours, which it only reads. */
  config: "/etc/appos-proxy/config.json",
  next: "/etc/appos-proxy/next.json",
  shared: "/etc/appos-proxy",
  /** What stands in it serves beside: see Beside. */
  live: "/etc/appos-proxy/live",
  /** Its own: certificates and keys. */
  data: "/data",
  /** Reached by nobody outside of the container. */
  admin: "unix//tmp/appos-admin.sock",
} as const;

/**
 * Caddy's own JSON (https://caddyserver.com/docs/json/), never a Caddyfile: every value is a string in it, and nothing in a string is
 * read as more, but placeholders in braces, which no name, path, header or container has.
 */
export function renderCaddy(asked: Resolved): string {
  const model = servedNow(asked);
  // It would get one also of a name that it was given one of.
  const names = model.asksNobody ? [] : namesByHttp(model).filter((name) => !model.lent?.has(name));
  const isSecure = model.sites.some(({ https }) => https !== "off");
  const config = {
    admin: { listen: caddyPlaces.admin, config: { persist: false } },
    // It would say of each site once a minute that the agent, which looks at the status only, has left before the end.
    logging: { logs: { default: { encoder: { format: "json" }, level: "INFO", exclude: ["http.handlers.reverse_proxy"] } } },
    storage: { module: "file_system", root: caddyPlaces.data },
    apps: {
      http: {
        // A page that is being sent may take so long before a proxy that ends or has new routes lets go of it.
        grace_period: "30s",
        servers: {
          http: server(":80", model, false),
          ...(isSecure && { https: { ...server(":443", model, true), tls_connection_policies: [...choices(model), {}] } }),
        },
      },
      ...(isSecure && {
        tls: {
          certificates: { ...(names.length > 0 && { automate: names }), ...given(model) },
          ...(names.length > 0 && { automation: { policies: [{ issuers: [issuer(model)] }] } }),
        },
      }),
    },
  };
  return `${JSON.stringify(config, undefined, 1)}\n`;
}

/** Certificates are asked for by name, below: nothing is to be guessed from routes. */
function server(listen: string, { id, sites, unseen = [] }: Resolved, secure: boolean): Json {
  const around = { secure, unseen, owned: ownNames({ sites }) };
  return {
    listen: [listen],
    automatic_https: { disable: true },
    routes: [alive(id), ...sites.flatMap((site) => (secure ? overHttps : overHttp)(site, around)), unknown],
    // What the proxy itself could not do, such as reach the app; what an app answers is the app's.
    errors: { routes: errorRoutes(sites, around, page("{http.error.status_code}", downPage)) },
  };
}

/**
 * Names that are served with one certificate and with no other: those with an uploaded one, those of the server's own authority, and those
 * that this agent got by the DNS.
 */
const withTheirs = (model: Resolved) =>
  [...namesWith(model, "own"), ...namesWith(model, "internal"), ...namesByDns(model)].filter((name) => model.certificates.has(name));

/**
 * Of several certificates that are for a name Caddy would take any. It is told by the name, and not by the file: who is still greeted by the
 * configuration of before may be shown what is in the place of that one's certificate. Names that a wildcard would stand for come before it:
 * what Caddy gets for them itself is theirs.
 */
function choices(model: Resolved): Json[] {
  const choice = (name: string) => ({ match: { sni: [name] }, certificate_selection: { any_tag: [name] } });
  const theirs = withTheirs(model);
  const owned = ownNames(model);
  const others = theirs.flatMap((name) => owned.get(name) ?? []).filter((name) => !theirs.includes(name));
  return [
    ...theirs.filter((name) => !isWildcard(name)).map(choice),
    ...(others.length > 0 ? [{ match: { sni: others } }] : []),
    ...theirs.filter(isWildcard).map(choice),
  ];
}

/** Those, and what this agent got for another proxy before this one took over. */
function given(model: Resolved): Json {
  const tags = Map.groupBy(withTheirs(model), (name) => model.certificates.get(name)!);
  const files = [...new Set(model.certificates.values())];
  if (files.length === 0) return {};
  const at = (file: string) => `${caddyPlaces.shared}/${file}`;
  return { load_files: files.map((file) => ({ certificate: at(file), key: at(file), ...(tags.has(file) && { tags: tags.get(file) }) })) };
}

function issuer({ acme: { directory, email, rootsFile } }: Resolved): Json {
  return {
    module: "acme",
    ca: directory,
    ...(email !== null && { email }),
    ...(rootsFile !== null && { trusted_roots_pem_files: [`${caddyPlaces.shared}/${rootsFile}`] }),
    challenges: { "tls-alpn": { disabled: true } },
  };
}

function overHttp(site: ResolvedSite, around: Around): Json[] {
  if (site.https === "off" || !site.forceHttps) return served(site, around);
  const toHttps = (names: string[], host: string) => ({
    match: [hostMatch(names, around)],
    terminal: true,
    handle: [redirect(`https://${host}{http.request.uri}`)],
  });
  if (site.aliasWaits) return [toHttps([site.name, site.alias!], site.name)];
  return [toHttps(namesOf(site), "{http.request.host}")];
}

const overHttps = (site: ResolvedSite, around: Around): Json[] => (site.https === "off" ? [] : served(site, around));

function served(site: ResolvedSite, around: Around): Json[] {
  const { name, alias, https, routes, console } = site;
  const toThese = [...byPrecision(routes).map((route) => toApp(route, whileDown(site))), { handle: [page(404, unknownPage)] }];
  const parts = console ? [{ handle: [toConsole] }] : toThese;
  const toApps = { handler: "subroute", routes: parts };
  const own = { match: [hostMatch([name], around)], terminal: true, handle: [...beforePaths(site, around), toApps] };
  if (alias === null) return [own];
  const scheme = https === "off" ? "http" : "https";
  return [own, { match: [{ host: [alias] }], terminal: true, handle: [redirect(`${scheme}://${name}{http.request.uri}`)] }];
}

/** Caddy cleans a path before it compares, and compares whole parts. */
const toApp = ({ path, upstreams, beside }: ResolvedRoute, down: Json): Json => ({
  ...(path !== "/" && { match: [{ path: [path, `${path}/*`] }] }),
  terminal: true,
  handle: beside === null ? [toContainers(upstreams, down)] : [{ handler: "subroute", routes: chosen(upstreams, beside, down) }],
});

/** Looked up for each request, which is a `stat` of something that the kernel has at hand: nothing has to be reloaded to go from one to the other. */
const chosen = (upstreams: Upstream[], { file, upstreams: others }: Beside, down: Json): Json[] => [
  { match: [{ file: { root: caddyPlaces.live, try_files: [file] } }], terminal: true, handle: [toContainers(others, down)] },
  { handle: [toContainers(upstreams, down)] },
];

const toContainers = (upstreams: Upstream[], down: Json) => (upstreams.length === 0 ? down : proxied(upstreams));

/** A page of its own is told with the errors. */
const whileDown = ({ downPage: own }: ResolvedSite): Json =>
  own === undefined ? page(503, downPage) : { handler: "error", status_code: 503 };

const proxied = (upstreams: Upstream[]) => proxyTo(upstreams.map(({ host, port }) => `${host}:${port}`));
const toConsole = proxyTo([`unix/${caddyPlaces.shared}/${CONSOLE_SOCKET.name}`]);

function proxyTo(addresses: string[]): Json {
  return {
    handler: "reverse_proxy",
    upstreams: addresses.map((dial) => ({ dial })),
    // Nothing has been sent to a container that cannot be dialled: the next one may be there, or this one in a moment.
    load_balancing: { try_duration: "3s", try_interval: "100ms" },
    // A container that nothing is sent to any more is soon seen to have no connection but those that somebody waits for.
    transport: { protocol: "http", dial_timeout: "3s", keep_alive: { idle_timeout: "5s", max_idle_conns_per_host: 100 } },
    // What stays open for long, as a websocket does, may outlive the configuration it was opened by for so long.
    stream_close_delay: "5m",
  };
}

const redirect = (to: string): Json => ({ handler: "static_response", status_code: 308, headers: { Location: [to] } });

/** For whoever wants to know whether the proxy answers, and not its apps; and which proxy it is. */
const alive = (id: string): Json => ({
  match: [{ path: [PROBE_PATH] }],
  terminal: true,
  handle: [{ handler: "static_response", status_code: 204, headers: { [PROXY_HEADER]: [id], "Cache-Control": ["no-store"] } }],
});
const unknown: Json = { handle: [page(404, unknownPage)] };
