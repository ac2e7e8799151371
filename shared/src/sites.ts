import { z } from "zod";
import { DnsProvider } from "./dns-providers.ts";
import { DomainName, PathPrefix, SiteName } from "./domain-name.ts";
import { AddressTarget } from "./target-address.ts";
import { isWildcard } from "./wildcards.ts";
import { Name } from "./ids.ts";
import { siteOptions } from "./site-options.ts";

/** Which program a server's domains go through. */
export const ProxyDriver = z.enum(["caddy", "nginx", "traefik"]);
export type ProxyDriver = z.output<typeof ProxyDriver>;

/** An agent says that it knows this which can have Traefik serve. */
export const TRAEFIK = "proxy-traefik";

/** Where that program runs: in a container that AppOS starts, or as the server's own, which may serve other sites too. */
export const ProxyPlace = z.enum(["container", "host"]);
export type ProxyPlace = z.output<typeof ProxyPlace>;

/** An agent says that it knows this which can have a program of its server itself serve. */
export const HOST_PROXY = "proxy-host";

/** A port inside a service of an app: the server finds the containers. It is never an address. */
export const Target = z.object({ app: Name, service: z.string().min(1).max(128), port: z.int().min(1).max(65_535) });
export type Target = z.output<typeof Target>;

/** Where requests go whose path begins so. */
export const SiteRoute = Target.extend({ path: PathPrefix.default("/") });
export type SiteRoute = z.output<typeof SiteRoute>;

/**
 * Where the certificate of a name comes from. `acme`: the proxy gets and renews one by itself. `own`: somebody uploaded it. `internal`: the
 * server's own authority issues it, which only those trust who were given its root. `off`: there is none.
 */
export const Https = z.enum(["acme", "own", "internal", "off"]);
export type Https = z.output<typeof Https>;

/** An agent says that it knows this which serves certificates that do not come by ACME: an older one refuses them. */
export const SITE_CERTIFICATES = "site-certificates";

/** An agent says that it knows this which serves all names right below another one: to an older one they are no names. */
export const WILDCARD_SITES = "wildcard-sites";

const CertificateId = z.string().min(1).max(63);

/** An agent says that it knows this which can have its proxy lead to the control plane itself. */
export const CONSOLE_SITE = "console-site";
/** Where the control plane listens for the proxy of its own server, below the folder of that server's agent: the proxy sees that folder. */
export const CONSOLE_SOCKET = { folder: "proxy/config", name: "console.sock" } as const;

/** What a proxy does with one name. Who does not know all of it refuses it: a site is never served without a part of what it was told. */
export const Site = z
  .strictObject({
    name: SiteName,
    /** It leads to the control plane, which is on the same server, and to nothing else. */
    console: z.literal(true).optional(),
    https: Https,
    /** Where it is `own`: which of the certificates that come with the sites. */
    certificateId: CertificateId.optional(),
    /** Where it is `acme`: by which of the DNS providers that come with the sites it is proven whose the name is. Left out, over HTTP. */
    dnsProviderId: DnsProvider.shape.id.optional(),
    /** A request over HTTP is sent to HTTPS. */
    forceHttps: z.boolean().default(true),
    /** Another name that leads here: every request for it is sent on to this one. */
    alias: DomainName.nullable().default(null),
    /** It leads there, and to no app. */
    address: AddressTarget.optional(),
    /** None where it is the console's, or leads to an address. */
    routes: z.array(SiteRoute).max(50),
    ...siteOptions,
  })
  .refine(
    ({ console, address, routes }) => [routes.length > 0, console === true, address !== undefined].filter(Boolean).length === 1,
    "A site leads to apps or to an address, or is the console's",
  )
  .refine(
    ({ name, alias, console }) => !isWildcard(name) || (alias === null && !console),
    "A wildcard has no other form, and is not the console's",
  );
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

/** A key, then the certificate that it belongs to and what that was issued by: in PEM, and nothing beside it. */
const KeyAndChain = z
  .string()
  .max(100_000)
  .regex(
    /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n)+$/,
  );

/** A certificate that somebody uploaded. Several sites may have the same. */
export const OwnCertificate = z.strictObject({ id: CertificateId, pem: KeyAndChain });
export type OwnCertificate = z.output<typeof OwnCertificate>;

/** All that one server's proxy serves, and how. */
export const ProxyModel = z
  .object({
    driver: ProxyDriver.default("caddy"),
    /** Left out where it runs in a container. */
    place: z.literal("host").optional(),
    acme: AcmeAuthority,
    sites: z.array(Site).max(SITES),
    certificates: z.array(OwnCertificate).max(SITES).default([]),
    dnsProviders: z.array(DnsProvider).max(SITES).default([]),
  })
  .refine(
    ({ sites, certificates }) =>
      sites.every(({ https, certificateId }) =>
        https === "own" ? certificates.some(({ id }) => id === certificateId) : certificateId === undefined,
      ),
    "A site with a certificate of its own names one that comes with the sites",
  )
  .refine(({ driver, place }) => place === undefined || driver !== "traefik", "Traefik of a server itself cannot serve")
  .refine(
    ({ sites, dnsProviders }) =>
      sites.every(({ https, dnsProviderId: id }) => id === undefined || (https === "acme" && dnsProviders.some((each) => each.id === id))),
    "A site that is proven in the DNS names a provider that comes with the sites",
  );
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
