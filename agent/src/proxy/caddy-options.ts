import type { SiteAccess } from "@appos/shared/site-options";
import { type Json, page } from "./caddy-page.ts";
import { downPageFile } from "./down-pages.ts";
import { forbiddenPage, loginPage, tooLargePage } from "./pages.ts";
import type { Resolved, ResolvedSite } from "./resolved.ts";
import type { OwnNames } from "./wildcards.ts";

const MB = 2 ** 20;
const FOLDER = "/etc/appos-proxy";
/** A year, as authorities on it advise; of this name, and of none below it. */
const HSTS = { name: "Strict-Transport-Security", value: "max-age=31536000" };

export interface Around extends Required<Pick<Resolved, "unseen">> {
  secure: boolean;
  owned: OwnNames;
}

/** To Caddy a star is one label, too; but it takes the first of all that fit, and goes on where that has nothing. */
export function hostMatch(names: string[], { owned }: Pick<Around, "owned">): Json {
  const but = names.flatMap((name) => owned.get(name) ?? []);
  return { host: names, ...(but.length > 0 && { not: [{ host: but }] }) };
}

/** What stands before all of a site's paths, in the order in which it is asked. */
export const beforePaths = (site: ResolvedSite, { secure, unseen }: Pick<Around, "secure" | "unseen">): Json[] => [
  ...answerHeaders(site, secure),
  ...(site.access ? [guarded(site.access, unseen)] : []),
  ...(site.maxBodyMb === undefined ? [] : [limited(site.maxBodyMb)]),
  ...(site.compress ? [compressed] : []),
];

/** What every answer of a site is to have; and not to have, where the value is empty. */
export const toldHeaders = ({ headers = [], hsts = false }: ResolvedSite, secure: boolean) => [
  ...headers,
  ...(hsts && secure ? [HSTS] : []),
];

/** Nothing where there is nothing to set. Done last, so that it is so whatever the app says. */
export function answerHeaders(site: ResolvedSite, secure: boolean): Json[] {
  const told = toldHeaders(site, secure);
  if (told.length === 0) return [];
  const set = Object.fromEntries(told.filter(({ value }) => value !== "").map(({ name, value }) => [name, [value]]));
  const gone = told.filter(({ value }) => value === "").map(({ name }) => name);
  return [{ handler: "headers", response: { set, ...(gone.length > 0 && { delete: gone }), deferred: true } }];
}

/**
 * For whichever path. What an ACME authority asks for is let through: by the whole address as it was sent, in which nothing can be read as
 * anything else.
 */
const guarded = ({ users, networks }: SiteAccess, unseen: string[]): Json => ({
  handler: "subroute",
  routes: [
    {
      match: [{ not: [{ vars_regexp: { "{http.request.uri}": { pattern: "^/\\.well-known/acme-challenge/[A-Za-z0-9_-]+$" } } }] }],
      handle: [
        {
          handler: "subroute",
          routes: [...(networks.length > 0 ? [onlyFrom(networks, unseen)] : []), ...(users.length > 0 ? onlyFor(users) : [])],
        },
      ],
    },
  ],
});

/** By the address that the connection comes from: what a request says of where it comes from is its own invention. */
const onlyFrom = (ranges: string[], unseen: string[]): Json => ({
  match: [{ not: [{ remote_ip: { ranges } }] }, ...(unseen.length > 0 ? [{ remote_ip: { ranges: unseen } }] : [])],
  terminal: true,
  handle: [page(403, forbiddenPage)],
});

const REALM = "restricted";
const onlyFor = (users: SiteAccess["users"]): Json[] => [
  {
    // Caddy takes a second of a processor for whoever it does not know, which would be a way to keep all of them busy.
    match: [
      { not: [{ vars_regexp: { "{http.request.header.Authorization}": { pattern: `^(?i:basic) (?:${users.map(begins).join("|")})` } } }] },
    ],
    terminal: true,
    handle: [{ handler: "headers", response: { set: { "WWW-Authenticate": [`Basic realm="${REALM}"`] } } }, page(401, loginPage)],
  },
  {
    handle: [
      {
        handler: "authentication",
        providers: {
          http_basic: {
            hash: { algorithm: "bcrypt" },
            realm: REALM,
            // Each page is many requests, and each would cost what a guess has to.
            hash_cache: {},
            accounts: users.map(({ name, hash }) => ({ username: name, password: btoa(hash) })),
          },
        },
      },
      // The password is the site's: the app did not ask for one, and many refuse one that they do not know.
      { handler: "headers", request: { delete: ["Authorization"] } },
    ],
  },
];

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** How a user's name and password begin in base64, three bytes in four digits: of the last one that the name has a part in, what it may be. */
export function begins({ name }: { name: string }): string {
  const whole = btoa(`${name}:`).replace(/=+$/, "");
  const left = (name.length + 1) % 3;
  const sure = left === 0 ? whole : whole.slice(0, -1);
  const first = digits.indexOf(whole.at(-1)!);
  const maybe = left === 0 ? "" : `[${digits.slice(first, first + (left === 1 ? 16 : 4))}]`;
  return `${sure}${maybe}`.replaceAll("+", "[+]").replaceAll("[[+]", "[+");
}

/** A websocket over HTTP/2 is one long body, of whatever length. */
const limited = (mb: number): Json => ({
  handler: "subroute",
  routes: [{ match: [{ not: [{ method: ["CONNECT"], protocol: "http/2" }] }], handle: [{ handler: "request_body", max_size: mb * MB }] }],
});

/** Text, and what is as good as text. What is sent a word at a time as events is not: it would wait for the next. */
export const worthIt = [
  ...["html", "css", "plain", "javascript", "xml", "csv", "markdown", "calendar"].map((kind) => `text/${kind}*`),
  ...["json", "javascript", "xml", "wasm", "vnd.ms-fontobject"].map((kind) => `application/${kind}*`),
  "*+json*",
  "*+xml*",
  "image/bmp*",
  "font/otf*",
  "font/ttf*",
];
const compressed: Json = {
  handler: "encode",
  encodings: { zstd: {}, gzip: {} },
  prefer: ["zstd", "gzip"],
  match: { headers: { "Content-Type": worthIt } },
};

/** What the proxy says in the place of an app, with the headers of its site. */
export const errorRoutes = (sites: ResolvedSite[], around: Pick<Around, "secure" | "owned">, otherwise: Json): Json[] => [
  ...sites.flatMap((site) => {
    const headers = answerHeaders(site, around.secure);
    return headers.length > 0 ? [{ match: [hostMatch([site.name], around)], handle: headers }] : [];
  }),
  ...sites.flatMap((site) => ownDownPage(site, around)),
  ...(sites.some(({ access }) => access) ? [onError(401, loginPage)] : []),
  ...(sites.some(({ maxBodyMb }) => maxBodyMb !== undefined) ? [onError(413, tooLargePage)] : []),
  { handle: [otherwise] },
];

/** Where nobody takes connections, or answers too late, or there is nobody. */
const isDown = { "{http.error.status_code}": ["502", "503", "504"] };
const ownDownPage = (site: ResolvedSite, around: Pick<Around, "owned">): Json[] => {
  const file = downPageFile(site);
  if (file === undefined) return [];
  const served = { handler: "file_server", root: FOLDER, canonical_uris: false, status_code: "{http.error.status_code}" };
  return [
    {
      match: [{ ...hostMatch([site.name], around), vars: isDown }],
      terminal: true,
      handle: [
        // A part of it, or that it is still the same, is no answer to what was asked.
        {
          handler: "headers",
          request: { delete: ["Range", "If-*"] },
          response: { set: { "Cache-Control": ["no-store"] } },
        },
        { handler: "rewrite", uri: `/${file}` },
        served,
      ],
    },
  ];
};

const onError = (status: number, body: string): Json => ({
  match: [{ vars: { "{http.error.status_code}": [String(status)] } }],
  terminal: true,
  handle: [page(status, body)],
});
