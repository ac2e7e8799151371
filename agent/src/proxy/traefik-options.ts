import { without } from "./networks.ts";
import type { Resolved, ResolvedSite } from "./resolved.ts";

/** Of middlewares, by their names in the order in which a request meets them. */
export type Middlewares = [name: string, definition: object][];

const MB = 2 ** 20;
/** A year, as authorities on it advise; of this name, and of none below it. */
const HSTS = { name: "Strict-Transport-Security", value: "max-age=31536000" };
/** Of nobody. A list of nobody is one that Traefik does not take. */
const NOBODY = ["255.255.255.255/32"];

/**
 * What stands before all of a site's paths, in the order in which it is asked. The questions of authorities never come so far: Traefik
 * answers them before any router of ours (pkg/provider/traefik/internal.go, acmeHTTPChallenge).
 */
export function beforePaths(site: ResolvedSite, secure: boolean, { unseen = [] }: Pick<Resolved, "unseen">): Middlewares {
  const { headers = [], hsts = false, access, maxBodyMb, compress } = site;
  const told = [...headers, ...(hsts && secure ? [HSTS] : [])];
  const { users = [], networks = [] } = access ?? {};
  return [
    // An empty value takes a header out.
    ...some(
      "headers",
      told.length > 0 && { headers: { customResponseHeaders: Object.fromEntries(told.map((each) => [each.name, each.value])) } },
    ),
    ...some("networks", networks.length > 0 && { ipAllowList: { sourceRange: onlyFrom(networks, unseen) } }),
    ...some(
      "users",
      users.length > 0 && {
        basicAuth: { users: users.map(({ name, hash }) => `${name}:${hash}`), realm: "restricted", removeHeader: true },
      },
    ),
    ...some("body", maxBodyMb !== undefined && { buffering: { maxRequestBodyBytes: maxBodyMb * MB } }),
    ...some("compress", compress === true && compressed),
  ];
}

const some = (name: string, definition: object | false): Middlewares => (definition ? [[name, definition]] : []);

/** Traefik has a list of who is let in and none of who is not. It goes by the address that the connection comes from. */
function onlyFrom(networks: string[], unseen: string[]): string[] {
  const left = without(networks, unseen);
  return left.length > 0 ? left : NOBODY;
}

/** Text, and what is as good as text. What is sent a word at a time as events is not: it would wait for the next. */
const worthIt = [
  ...["html", "css", "plain", "javascript", "xml", "csv", "markdown", "calendar"].map((kind) => `text/${kind}`),
  ...["json", "javascript", "xml", "wasm", "ld+json", "manifest+json", "rss+xml", "atom+xml", "xhtml+xml", "vnd.ms-fontobject"].map(
    (kind) => `application/${kind}`,
  ),
  "image/svg+xml",
  "image/bmp",
  "font/otf",
  "font/ttf",
];
const compressed = { compress: { encodings: ["zstd", "gzip"], includedContentTypes: worthIt, minResponseBodyBytes: 512 } };
