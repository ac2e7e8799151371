import { byPrecision, type ResolvedSite } from "../proxy/resolved.ts";

// What Caddy makes of a Caddyfile, and what it should: for tests. https://caddyserver.com/docs/json/apps/http/

interface Matcher {
  host?: string[];
  path?: string[];
  not?: Matcher[];
  remote_ip?: { ranges: string[] };
}
interface Route {
  match?: Matcher[];
  handle?: Handler[];
}
interface Handler {
  handler: string;
  routes?: Route[];
  upstreams?: { dial: string }[];
  headers?: { Location?: string[] };
  providers?: { http_basic: { accounts: { username: string; password: string }[] } };
  max_size?: number;
  response?: { set?: Record<string, string[]>; delete?: string[]; deferred?: boolean };
}
interface Config {
  apps: { http: { servers: Record<string, { listen: string[]; routes: Route[] }> } };
}

/** Where a site leads, and whom it lets in. */
interface Site {
  leads: [path: string, dials: string[]][];
  to: string | undefined;
  users: string[];
  networks: string[];
  maxBody: number | undefined;
  headers: Record<string, string[]>;
  gone: string[];
  encodes: boolean;
}
export const nothing: Site = {
  leads: [],
  to: undefined,
  users: [],
  networks: [],
  maxBody: undefined,
  headers: {},
  gone: [],
  encodes: false,
};

/** By host, over HTTP and over HTTPS. */
export function adapted(text: string): [plain: Map<string, Site>, secure: Map<string, Site>] {
  const servers = Object.values((JSON.parse(text) as Config).apps.http.servers);
  const on = (port: string) =>
    new Map(
      servers
        .filter(({ listen }) => listen.every((each) => each.endsWith(`:${port}`)))
        .flatMap(({ routes }) => routes.flatMap((route) => (route.match?.[0]?.host ?? []).map((host) => [host, siteOf(route)] as const))),
    );
  return [on("80"), on("443")];
}

interface Leaf {
  within: Matcher[];
  handler: Handler;
}
const leaves = ({ match, handle = [] }: Route, around: Matcher[]): Leaf[] => {
  const within = [...around, ...(match ?? [])];
  return handle.flatMap((handler) => (handler.routes ? handler.routes.flatMap((route) => leaves(route, within)) : [{ within, handler }]));
};

function siteOf(route: Route): Site {
  const all = leaves(route, []);
  const of = (kind: string) => all.filter(({ handler }) => handler.handler === kind);
  const paths = ({ within }: Leaf) => within.flatMap(({ path }) => (path ? [path] : []));
  const set = of("headers").filter(({ handler }) => handler.response?.deferred);
  return {
    leads: of("reverse_proxy").map((leaf) => [paths(leaf)[0]?.[0] ?? "/", leaf.handler.upstreams!.map(({ dial }) => dial)]),
    to: of("static_response").find(({ handler }) => handler.headers?.Location)?.handler.headers!.Location![0],
    users: of("authentication").flatMap(({ handler }) =>
      handler.providers!.http_basic.accounts.map((each) => `${each.username} ${atob(each.password)}`),
    ),
    networks: [
      ...new Set(all.flatMap(({ within }) => within.flatMap(({ not }) => not?.flatMap((each) => each.remote_ip?.ranges ?? []) ?? []))),
    ],
    maxBody: of("request_body")[0]?.handler.max_size,
    headers: Object.fromEntries(
      set.flatMap(({ handler }) => Object.entries(handler.response!.set ?? {}).map(([name, to]) => [small(name), to])),
    ),
    gone: set.flatMap(({ handler }) => handler.response!.delete ?? []).map(small),
    encodes: of("encode").length > 0,
  };
}

/** What such a site is to be. */
export function asAsked(site: ResolvedSite, secure: boolean): Partial<Site> {
  const { routes, access, maxBodyMb, headers = [], hsts, compress = false } = site;
  const told = [...headers, ...(hsts && secure ? [{ name: "Strict-Transport-Security", value: "max-age=31536000" }] : [])];
  return {
    leads: byPrecision(routes)
      .filter(({ upstreams }) => upstreams.length > 0)
      .map(({ path, upstreams }) => [path, upstreams.map(({ host, port }) => `${host}:${port}`)]),
    to: undefined,
    users: (access?.users ?? []).map(({ name, hash }) => `${name} ${hash}`),
    networks: access?.networks ?? [],
    maxBody: maxBodyMb === undefined ? undefined : maxBodyMb * 2 ** 20,
    headers: Object.fromEntries(told.filter(({ value }) => value !== "").map(({ name, value }) => [small(name), [value]])),
    gone: told.filter(({ value }) => value === "").map(({ name }) => small(name)),
    encodes: compress,
  };
}
/** Caddy writes names in letters of its own choice. */
const small = (name: string) => name.toLowerCase();
