import { PROXY_HEADER } from "@appos/shared/site-check";
import { CONSOLE_SOCKET } from "@appos/shared/sites";
import { answerHeaders, appAuthorization, siteOptions, unguarded } from "./nginx-options.ts";
import { nginxRoute, type NginxRoute, repeatable, tryOthers } from "./nginx-routes.ts";
import { block, hostName, type Lines, quoted, serverName, sumOf, token } from "./nginx-text.ts";
import { downPageFile } from "./down-pages.ts";
import { downPage, unknownPage } from "./pages.ts";
import { PROBE_PATH } from "./probes.ts";
import { wildcardOf } from "@appos/shared/wildcards";
import { byPrecision, type Resolved, type ResolvedSite } from "./resolved.ts";

/** Where things are in the proxy's container. */
export const nginxPlaces = {
  config: "/etc/appos-proxy/nginx.conf",
  next: "/etc/appos-proxy/next.conf",
  shared: "/etc/appos-proxy",
  /** What stands in it serves beside: see Beside. */
  live: "/etc/appos-proxy/live",
  /** What an authority asks for at a name: one file for each question. */
  challenges: "/etc/appos-proxy/challenges",
  /** Nothing is gathered in files, but nginx wants to have a place for them. */
  scratch: "/tmp/nginx",
} as const;

/** Answered with 204 only by a proxy that serves by this configuration. */
export const nginxMark = (text: string): string => /location = (\/\.well-known\/appos\/[0-9a-f]{16}) /.exec(text)![1]!;

/** What differs by where an nginx is: whether it is ours alone, and what it sees. */
export interface Around {
  /** What a server begins with, over HTTP and over HTTPS. */
  listen: { http: Lines; https: Lines };
  /** What stands in each server because it cannot stand around all. */
  inServer(site: ResolvedSite): Lines;
  /** Where the files are that are read while somebody visits; and those of keys, which its first process reads. */
  shown: string;
  keys: string;
  live: string;
  challenges: string;
}

const inContainer: Around = {
  listen: { http: ["listen 80;"], https: ["listen 443 ssl http2;"] },
  inServer: () => [],
  shown: nginxPlaces.shared,
  keys: nginxPlaces.shared,
  live: nginxPlaces.live,
  challenges: nginxPlaces.challenges,
};

/**
 * One whole nginx configuration, for nginx 1.22 and newer, that does what renderCaddy's does. Differences that nginx brings: a name is served
 * over HTTP until it has a certificate; nothing waits for a container that is just starting; and what has a body is tried at one container only.
 */
export function renderNginx(model: Resolved): string {
  const own = nginxSites(model, inContainer);
  const all = [...http, ...nginxMaps, ...appAuthorization(model)];
  const mark = `${PROBE_PATH}/${sumOf(JSON.stringify([general, all, own, model.id]))}`;
  return `${[...general, ...block("http", [...all, ...strangers(mark, model.id), ...own])].join("\n")}\n`;
}

/** All sites, with what they choose their containers by. */
export function nginxSites(model: Resolved, around: Around): Lines {
  let next = 0;
  const named = new Map(model.sites.map((site) => [site.name, site]));
  const sites = model.sites.map((site) => ({
    ...site,
    parts: byPrecision(site.routes).map((route) => nginxRoute(route, next++, around.live)),
  }));
  return [
    ...sites.flatMap(({ parts }) => parts.flatMap(({ choices }) => choices)),
    ...sites.flatMap((site) => servers(site, model, { ...around, named })),
  ];
}

const general: Lines = [
  "daemon off;",
  "user nobody nogroup;",
  "worker_processes auto;",
  // What stays open for long, as a websocket does, may outlive the configuration it was opened by for so long.
  "worker_shutdown_timeout 5m;",
  "pid /run/nginx.pid;",
  "error_log stderr error;",
  "events { worker_connections 8192; }",
];

/** What may stand in a server as well as around all of them. */
export const nginxSettings: Lines = [
  "server_tokens off;",
  'default_type "text/html; charset=utf-8";',
  "ssl_protocols TLSv1.2 TLSv1.3;",
  "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
  "ssl_session_cache shared:appos:10m;",
  "ssl_session_timeout 1d;",
  "large_client_header_buffers 4 32k;",
  "proxy_http_version 1.1;",
  "proxy_request_buffering off;",
  "proxy_buffering off;",
  "proxy_buffer_size 32k;",
  "proxy_buffers 4 32k;",
  "proxy_connect_timeout 3s;",
  "proxy_read_timeout 1d;",
  "proxy_send_timeout 1d;",
  "proxy_redirect off;",
  "proxy_pass_header Server;",
  // An app is not to make the proxy answer with something else.
  "proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;",
  "proxy_set_header Host $host$appos_given_port;",
  "proxy_set_header Upgrade $http_upgrade;",
  "proxy_set_header Connection $appos_connection_wanted;",
  "proxy_set_header X-Forwarded-For $remote_addr;",
  "proxy_set_header X-Forwarded-Proto $scheme;",
  "proxy_set_header X-Forwarded-Host $host$appos_given_port;",
  "proxy_set_header X-Real-IP $remote_addr;",
  'proxy_set_header Forwarded "";',
  "recursive_error_pages on;",
];

export const nginxMaps: Lines = [
  'map $http_upgrade $appos_connection_wanted { default upgrade; "" close; }',
  // As it was asked for, but never another name than the one that the site was found by.
  'map $http_host $appos_given_port { default ""; "~^[^:]*(?<appos_with_port>:[0-9]+)$" $appos_with_port; }',
  ...repeatable,
  `map $host $appos_down_page { default ${quoted(downPage)}; }`,
  `map $host $appos_unknown_page { default ${quoted(unknownPage)}; }`,
];

const http: Lines = [
  ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${nginxPlaces.scratch};`),
  "access_log off;",
  "server_names_hash_max_size 16384;",
  "server_names_hash_bucket_size 512;",
  // What a site is known by in a map is as long as its name, and longer where it is a pattern.
  "map_hash_max_size 16384;",
  "map_hash_bucket_size 1024;",
  "variables_hash_max_size 16384;",
  "variables_hash_bucket_size 128;",
  // Docker's own name server. A container that is made anew has another address a second later.
  "resolver 127.0.0.11 valid=1s ipv6=off;",
  "resolver_timeout 3s;",
  "client_max_body_size 0;",
  ...nginxSettings,
  // Set here and never taken from a visitor.
  "proxy_set_header Authorization $appos_app_authorization;",
];

/** For whoever wants to know whether the proxy answers, and not its apps; and which proxy it is. */
export const alive = (id: string): Lines =>
  block(`location = ${PROBE_PATH}`, [`add_header ${PROXY_HEADER} ${token(id)} always;`, ...notKept, "return 204;"]);
const notKept: Lines = ["add_header Cache-Control no-store always;"];
const CHALLENGES = "/.well-known/acme-challenge/";
/** Ours before they are an app's. */
const reserved = [`= ${PROBE_PATH}`, CHALLENGES];
export const unknown = (headers: Lines): Lines => block("location /", [...notKept, ...headers, "return 404 $appos_unknown_page;"]);
const down = (site: ResolvedSite, headers: Lines, { shown }: Around): Lines => {
  const file = downPageFile(site);
  const usual = [...notKept, ...headers, "return 503 $appos_down_page;"];
  return [
    "error_page 502 503 504 @down;",
    // Whatever was asked for, and however: a page is got.
    ...block("location @down", file === undefined ? usual : [`error_page 503 ${DOWN_PATH};`, "return 503;"]),
    ...(file === undefined ? [] : block(`location = ${DOWN_PATH}`, ownDownPage(file, headers, shown))),
  ];
};
const DOWN_PATH = `${PROBE_PATH}/down`;
const ownDownPage = (file: string, headers: Lines, shown: string): Lines => [
  "internal;",
  ...notKept,
  ...headers,
  "types { }",
  "etag off;",
  "max_ranges 0;",
  `alias ${token(shown)}/${token(file)};`,
];
const challenges = ({ challenges: folder }: Around): Lines =>
  block(`location ${CHALLENGES}`, [...unguarded, "default_type text/plain;", `alias ${token(folder)}/;`]);

/** Names that no site has: over HTTPS there is no certificate for them. */
const strangers = (mark: string, id: string): Lines => [
  ...block("server", ["listen 80 default_server;", ...alive(id), `location = ${mark} { return 204; }`, ...unknown([])]),
  ...block("server", ["listen 443 ssl http2 default_server;", ...withoutCertificate]),
];
const withoutCertificate: Lines = ["ssl_reject_handshake on;", ...unknown([])];

type Site = ResolvedSite & { parts: NginxRoute[] };

function servers(
  site: Site,
  { id, unseen = [], certificates }: Resolved,
  around: Around & { named: ReadonlyMap<string, ResolvedSite> },
): Lines {
  const { name, alias, https, forceHttps, parts, routes, console } = site;
  const certificate = (of: string, from = https) => (from === "off" ? undefined : certificates.get(of));
  /** Or else a wildcard would take the name over HTTPS. */
  const closed = (of: string): Lines => {
    const above = around.named.get(wildcardOf(of) ?? "");
    if (!above || certificate(above.name, above.https) === undefined) return [];
    return block("server", [...around.listen.https, `server_name ${hostName(of)};`, ...withoutCertificate]);
  };
  const app = (secure: boolean): Lines => [
    ...around.inServer(site),
    ...siteOptions(site, secure, { unseen, folder: around.shown }),
    ...parts.flatMap(({ locations }) => locations.flatMap(([at, body]) => (reserved.includes(at) ? [] : block(`location ${at}`, body)))),
    ...(console ? toConsole(secure) : routes.some(({ path }) => path === "/") ? [] : unknown(answerHeaders(site, secure))),
    ...(parts.some(({ several }) => several) ? tryOthers : []),
    ...down(site, answerHeaders(site, secure), around),
  ];
  /** A name over HTTP, and over HTTPS once it has a certificate: not before is anybody sent there. */
  const both = (of: string, inner: (secure: boolean) => Lines): Lines => {
    const file = certificate(of);
    const plain = file !== undefined && forceHttps ? redirect("https://$host") : inner(false);
    const secure = file === undefined ? closed(of) : block("server", [...overTls(of, file, around), ...alive(id), ...inner(true)]);
    const first = [...around.listen.http, `server_name ${serverName(of)};`, ...(https === "acme" ? challenges(around) : [])];
    return [...block("server", [...first, ...alive(id), ...plain]), ...secure];
  };
  const scheme = certificate(name) === undefined ? "http" : "https";
  return [...both(name, app), ...(alias === null ? [] : both(alias, () => redirect(`${scheme}://${hostName(name)}`)))];
}

/** Nobody is to type a password there before it has its certificate. */
const toConsole = (secure: boolean): Lines =>
  block("location /", [secure ? `proxy_pass http://unix:${nginxPlaces.shared}/${CONSOLE_SOCKET.name};` : "return 503;"]);

/** Key and certificates are in one file, so that they are never of two. */
const overTls = (name: string, file: string, { listen, keys }: Around): Lines => [
  ...listen.https,
  `server_name ${serverName(name)};`,
  ...["ssl_certificate", "ssl_certificate_key"].map((what) => `${what} ${token(keys)}/${token(file)};`),
];

const redirect = (to: string): Lines => block("location /", [`return 308 ${to}$request_uri;`]);
