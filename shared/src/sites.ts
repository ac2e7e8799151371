import { z } from "zod";
import { DomainName, PathPrefix } from "./domain-name.ts";
import { Name } from "./ids.ts";
import { siteOptions } from "./site-options.ts";

/** Which program a server's domains go through. */
export const ProxyDriver = z.enum(["caddy", "nginx", "traefik"]);
export type ProxyDriver = z.output<typeof ProxyDriver>;

/** A port inside a service of an app: the server finds the containers. It is never an address. */
export const Target = z.object({ app: Name, service: z.string().min(1).max(128), port: z.int().min(1).max(65_535) });
export type Target = z.output<typeof Target>;

/** Where requests go whose path begins so. */
export const SiteRoute = Target.extend({ path: PathPrefix.default("/") });
export type SiteRoute = z.output<typeof SiteRoute>;

/** An agent says that it knows this which can have its proxy lead to the control plane itself. */
export const CONSOLE_SITE = "console-site";
/** Where the control plane listens for the proxy of its own server, below the folder of that server's agent: the proxy sees that folder. */
export const CONSOLE_SOCKET = { folder: "proxy/config", name: "console.sock" } as const;

/** What a proxy does with one name. Who does not know all of it refuses it: a site is never served without a part of what it was told. */
export const Site = z
  .strictObject({
    name: DomainName,
    /** It leads to the control plane, which is on the same server, and to nothing else. */
    console: z.literal(true).optional(),
    /** `acme`: with a certificate that the proxy gets and renews by itself. */
    https: z.enum(["acme", "off"]),
    /** A request over HTTP is sent to HTTPS. */
    forceHttps: z.boolean().default(true),
    /** Another name that leads here: every request for it is sent on to this one. */
    alias: DomainName.nullable().default(null),
    /** None where it is the console's. */
    routes: z.array(SiteRoute).max(50),
    ...siteOptions,
  })
  .refine(({ console, routes }) => (routes.length === 0) === (console === true), "A site leads to apps, or is the console's");
export type Site = z.output<typeof Site>;

/** The most that one server's proxy serves: all of it travels in one frame. */
export const SITES = 1_000;

/** Proxies put something in the place of what stands in braces. */
const plain = /^[^{}\\]*$/;

/** The authority that issues certificates (RFC 8555). */
export const AcmeAuthority = z.object({
  directory: z
    .url({ protocol: /^https$/ })
    .max(500)
    .regex(plain, "An address has no braces in it"),
  /** Where it sends warnings. */
  email: z.email("This is not an e-mail address").max(254).regex(plain, "An address has no braces in it").nullable().default(null),
  /** PEM certificates of an authority that systems do not know. */
  roots: z.string().max(20_000).nullable().default(null),
});
export type AcmeAuthority = z.output<typeof AcmeAuthority>;
export const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";

/** All that one server's proxy serves, and how. */
export const ProxyModel = z.object({
  driver: ProxyDriver.default("caddy"),
  acme: AcmeAuthority,
  sites: z.array(Site).max(SITES),
});
export type ProxyModel = z.output<typeof ProxyModel>;

/** The certificate that a name is served with. Times are milliseconds UTC. */
export const Certificate = z.object({
  issuer: z.string().max(500),
  names: z.array(z.string().max(253)).max(100),
  notBefore: z.int(),
  notAfter: z.int(),
});
export type Certificate = z.output<typeof Certificate>;

/** How a name is served, as its server sees it through its own proxy. */
export const SiteState = z.object({
  name: z.string().max(253),
  certificate: Certificate.nullable(),
  /** Why there is none yet, in the authority's own words where it gave some. */
  certificateProblem: z.string().max(2_000).nullable(),
  /** What the proxy answers for `/`; null where it does not. */
  status: z.int().nullable(),
});
export type SiteState = z.output<typeof SiteState>;
