import { block, type Lines, serverName, sumOf, token } from "./nginx-text.ts";
import type { Resolved, ResolvedSite } from "./resolved.ts";

/** A year, as authorities on it advise; of this name, and of none below it. */
const HSTS = { name: "Strict-Transport-Security", value: "max-age=31536000" };

/** Headers of every answer of a site. A place that sets one of its own has to set these as well. */
export function answerHeaders({ headers = [], hsts = false }: ResolvedSite, secure: boolean): Lines {
  const told = [...headers, ...(hsts && secure ? [HSTS] : [])].filter(({ value }) => value !== "");
  return told.map(({ name, value }) => `add_header ${token(name)} ${inDoubleQuotes(value)} always;`);
}

interface Readable extends Pick<Resolved, "unseen"> {
  /** Where the files with passwords are to whoever talks to visitors. */
  folder: string;
}

/** What stands in a site's server, for all of its paths. */
export const siteOptions = (site: ResolvedSite, secure: boolean, around: Readable): Lines => [
  ...answerHeaders(site, secure),
  ...[...(site.headers ?? []), ...(site.hsts && secure ? [HSTS] : [])].map(({ name }) => `proxy_hide_header ${token(name)};`),
  ...guarded(site, around),
  ...(site.maxBodyMb === undefined ? [] : [`client_max_body_size ${token(site.maxBodyMb)}m;`]),
  ...(site.compress ? compressed : []),
];

/** By the address that the connection comes from; and by name and password, where there are any. */
function guarded({ access }: ResolvedSite, { unseen = [], folder }: Readable): Lines {
  if (!access) return [];
  const { users, networks } = access;
  const ranges = [...unseen.map((each) => `deny ${range(each)};`), ...networks.map((each) => `allow ${range(each)};`), "deny all;"];
  return [
    ...(networks.length > 0 ? ranges : []),
    ...(users.length > 0 ? ["auth_basic restricted;", `auth_basic_user_file ${token(folder)}/${passwordFile(users)};`] : []),
  ];
}

/** nginx does not read every short form of an IPv6 address: here all of its groups are written. */
function range(network: string): string {
  const [address = "", length] = network.split("/");
  const [head = "", tail] = address.split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const missing = 8 - groups(head).length - groups(tail).length;
  const whole = tail === undefined ? [address] : [...groups(head), ...Array.from({ length: missing }, () => "0"), ...groups(tail)];
  return token(`${whole.join(":")}${length === undefined ? "" : `/${length}`}`);
}

/** For what everybody may ask a guarded site for. */
export const unguarded: Lines = ["allow all;", "auth_basic off;"];

type Users = NonNullable<ResolvedSite["access"]>["users"];
export const PASSWORDS = "users-";
const passwords = (users: Users) => users.map(({ name, hash }) => `${name}:${hash}\n`).join("");
/** Another one for other passwords: what serves goes on with its own. */
const passwordFile = (users: Users) => `${PASSWORDS}${sumOf(passwords(users))}`;

/** Files that a configuration speaks of, by name: who may visit which site, as `htpasswd` writes it. */
export const passwordFiles = ({ sites }: Resolved): Record<string, string> =>
  Object.fromEntries(sites.flatMap(({ access }) => (access?.users.length ? [[passwordFile(access.users), passwords(access.users)]] : [])));

/** The password is the site's: the app did not ask for one, and many refuse one that they do not know. */
export const appAuthorization = ({ sites }: Resolved): Lines =>
  block("map $server_name $appos_app_authorization", [
    "default $http_authorization;",
    ...sites.flatMap(({ name, access }) => (access?.users.length ? [`${asKey(serverName(name))} "";`] : [])),
  ]);

/** It has the server's name as that stands there; what begins with a tilde would be a pattern of its own to it. */
const asKey = (name: string) => (name.startsWith("~") ? `\\${name}` : name);

/** Text, and what is as good as text. What is sent a word at a time as events is not: it would wait for the next. */
const worthIt = [
  ...["css", "plain", "javascript", "xml", "csv", "markdown", "calendar"].map((kind) => `text/${kind}`),
  ...["json", "javascript", "xml", "wasm", "ld+json", "manifest+json", "rss+xml", "atom+xml", "xhtml+xml"].map(
    (kind) => `application/${kind}`,
  ),
  "image/svg+xml",
  "image/bmp",
  "font/otf",
  "font/ttf",
];
const compressed: Lines = ["gzip on;", "gzip_proxied any;", "gzip_vary on;", "gzip_min_length 512;", `gzip_types ${worthIt.join(" ")};`];

/** As one value: what nginx would read in it is refused long before, and here once more. */
function inDoubleQuotes(value: string): string {
  if (/[^\x20-\x7e]|[{}$\\]/.test(value)) throw new Error("nginx would read more than words in this");
  return `"${value.replaceAll('"', String.raw`\"`)}"`;
}
