import type { SiteAccess } from "@appos/shared/site-options";
import { begins, toldHeaders, worthIt } from "../../caddy-options.ts";
import { downPageFile } from "../../down-pages.ts";
import { downPage, forbiddenPage, loginPage, tooLargePage } from "../../pages.ts";
import type { ResolvedSite } from "../../resolved.ts";
import { block, type Lines, ours, quoted, token } from "./caddyfile.ts";

// What caddy-options.ts says in Caddy's own JSON, in a Caddyfile.

/** A page of the proxy's own. */
export const page = (status: number | string, body: string): Lines => [
  'header Content-Type "text/html; charset=utf-8"',
  "header Cache-Control no-store",
  `respond ${ours(body.trimEnd())} ${status}`,
];

/** What stands before all of a site's paths, in the order in which it is asked. */
export const beforePaths = (site: ResolvedSite, secure: boolean): Lines => [
  ...answerHeaders(site, secure),
  ...(site.access ? guarded(site.access) : []),
  ...(site.maxBodyMb === undefined ? [] : limited(site.maxBodyMb)),
  ...(site.compress ? compressed : []),
];

/** Done last, so that it is so whatever the app says. */
function answerHeaders(site: ResolvedSite, secure: boolean): Lines {
  const told = toldHeaders(site, secure);
  if (told.length === 0) return [];
  return block("header", [
    ...told.map(({ name, value }) => (value === "" ? `-${asTold(name)}` : `${asTold(name)} ${quoted(value)}`)),
    "defer",
  ]);
}
/** In small letters some are words of Caddy's own there. */
const asTold = (name: string) => token(name[0]!.toUpperCase() + name.slice(1));

/** For whichever path. What an ACME authority asks for is let through: by the whole address as it was sent. */
const guarded = ({ users, networks }: SiteAccess): Lines => [
  `@guarded not vars_regexp {http.request.uri} ${ours("^/[.]well-known/acme-challenge/[A-Za-z0-9_-]+$")}`,
  ...block("route @guarded", [...(networks.length > 0 ? onlyFrom(networks) : []), ...(users.length > 0 ? onlyFor(users) : [])]),
];

/** By the address that the connection comes from: what a request says of where it comes from is its own invention. */
const onlyFrom = (networks: string[]): Lines => [
  `@outside not remote_ip ${networks.map(address).join(" ")}`,
  ...block("handle @outside", page(403, forbiddenPage)),
];
const address = (text: string) => (text.startsWith(":") ? quoted(text) : token(text));

const REALM = "restricted";
/** Caddy takes a second of a processor for whoever it does not know, which would be a way to keep all of them busy. */
const onlyFor = (users: SiteAccess["users"]): Lines => [
  `@stranger not header_regexp Authorization ${ours(`^(?i:basic) (?:${users.map(begins).join("|")})`)}`,
  ...block("handle @stranger", [`header WWW-Authenticate ${ours(`Basic realm="${REALM}"`)}`, ...page(401, loginPage)]),
  ...block(
    `basicauth bcrypt ${REALM}`,
    users.map(({ name, hash }) => `${quoted(name)} ${token(btoa(hash))}`),
  ),
  // The password is the site's: the app did not ask for one, and many refuse one that they do not know.
  "request_header -Authorization",
];

const MB = 2 ** 20;
/** A websocket over HTTP/2 is one long body, of whatever length. */
const limited = (mb: number): Lines => [
  ...block("@body not", ["method CONNECT", "protocol http/2"]),
  ...block("request_body @body", [`max_size ${mb * MB}`]),
];

const compressed: Lines = block(
  "encode zstd gzip",
  block(
    "match",
    worthIt.map((kind) => `header Content-Type ${kind}`),
  ),
);

/** What the proxy says in the place of an app, with the headers of its site. */
export function errors(site: ResolvedSite, secure: boolean, shown: string): Lines {
  const file = downPageFile(site);
  const parts = [
    ...answerHeaders(site, secure),
    ...(file === undefined ? [] : ownDownPage(file, shown)),
    ...(site.access ? onError(401, loginPage) : []),
    ...(site.maxBodyMb === undefined ? [] : onError(413, tooLargePage)),
    ...block("handle", page("{http.error.status_code}", downPage)),
  ];
  return block("handle_errors", block("route", parts));
}

/** Where nobody takes connections, or answers too late, or there is nobody. */
const ownDownPage = (file: string, shown: string): Lines => [
  "@down vars {http.error.status_code} 502 503 504",
  ...block("handle @down", [
    // A part of it, or that it is still the same, is no answer to what was asked.
    "request_header -Range",
    "request_header -If-*",
    "header Cache-Control no-store",
    `rewrite * /${token(file)}`,
    ...block("file_server", [`root ${token(shown)}`, "status {http.error.status_code}", "disable_canonical_uris"]),
  ]),
];

const onError = (status: number, body: string): Lines => [
  `@error${status} vars {http.error.status_code} ${status}`,
  ...block(`handle @error${status}`, page(status, body)),
];
