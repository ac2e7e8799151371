import { z } from "zod";

/** An agent says that it knows this which serves what a site can be told besides where it leads: an older one would leave it out without a word. */
export const SITE_OPTIONS = "site-options";

/**
 * What a site cannot be told: what is of one connection, says how an answer is to be read, who asks or who is who, leads elsewhere, or is
 * given by a choice of its own.
 */
const reserved = new Set(
  `connection keep-alive proxy-connection te trailer transfer-encoding upgrade
  content-encoding content-length content-location content-range content-type accept-ranges age date status etag last-modified vary
  host via forwarded x-real-ip authorization authentication-info www-authenticate cookie clear-site-data
  location refresh alt-svc strict-transport-security x-sendfile`.split(/\s+/),
);
const reservedKinds = /^(set-cookie|proxy-|x-forwarded|x-accel|sec-|public-key-pins)/;

/** A token (RFC 9110) without what a proxy or a program behind it may take for something else, such as `*` and `_`. */
const HeaderName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z][A-Za-z0-9-]*$/, "Give the name of a header, such as X-Frame-Options: letters, digits and dashes")
  .refine((name) => name.toLowerCase() !== "strict-transport-security", { error: "This one is set by hsts", abort: true })
  .refine(
    (name) => !reserved.has(name.toLowerCase()) && !reservedKinds.test(name.toLowerCase()),
    "This header is the proxy's own or the app's to set",
  );

/** What a proxy puts something else in the place of is left out: `$` and braces. */
const HeaderValue = z
  .string()
  .trim()
  .max(4_000)
  .regex(/^[\x20-\x7e]*$/, "Give it in one line of letters, digits and signs of ASCII")
  .regex(/^[^{}$\\]*$/, String.raw`A value has none of { } $ \ in it`);

/** A header that every answer of a name has. Empty: no answer has it, though the app may set it. */
export const SiteHeader = z.strictObject({ name: HeaderName, value: HeaderValue });
export type SiteHeader = z.output<typeof SiteHeader>;

const HeaderList = z.array(SiteHeader).max(20, "Give 20 headers at most").superRefine(eachOnce("name"));

const UserName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/, "Give a name of letters, digits and . _ @ + -");

const example = "Give an address or a network, such as 203.0.113.7, 198.51.100.0/24 or 2001:db8::/32";
/** As Docker, Caddy, nginx and Traefik read it. An IPv4 address in the clothes of IPv6 is one that no visitor is seen to have. */
const Network = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], example))
  .refine((network) => !network.includes(":") || !network.includes("."), "Give an IPv4 address as such, without ::ffff:")
  .refine((network) => !/^[0:]*:ffff:[0-9a-f]+:[0-9a-f]+(\/|$)/.test(network), "Give an IPv4 address as such, without ::ffff:");
const networks = z
  .array(Network)
  .max(100, "Give 100 networks at most")
  .transform((given) => [...new Set(given)]);

const USERS = 20;
const TOO_MANY_USERS = `Give ${USERS} users at most`;

/** bcrypt, which Caddy, nginx (by libc) and Traefik can check. */
const PasswordHash = z.string().regex(/^\$2b\$\d\d\$[./A-Za-z0-9]{53}$/);
/** A visitor comes from one of the networks, where there are any, and has one of the names and its password, where there are any. */
export const SiteAccess = z
  .strictObject({
    users: z
      .array(z.strictObject({ name: UserName, hash: PasswordHash }))
      .max(USERS)
      .superRefine(eachOnce("name")),
    networks,
  })
  .refine(isSome, "Name a user or a network");
export type SiteAccess = z.output<typeof SiteAccess>;

/** What bcrypt looks at is 72 bytes. */
const Password = z
  .string()
  .min(8, "A password has at least 8 characters")
  .refine((password) => new TextEncoder().encode(password).length <= 72, "A password has at most 72 bytes")
  .regex(/^\P{Cc}*$/u, "A password has no line breaks or other control characters in it");

/** Who may visit, as it is asked for. A user without a password keeps the one that is there. */
export const AskedAccess = z
  .strictObject({
    users: z
      .array(z.strictObject({ name: UserName, password: Password.optional() }))
      .max(USERS, TOO_MANY_USERS)
      .superRefine(eachOnce("name"))
      .default([]),
    networks: networks.default([]),
  })
  .refine(isSome, { error: "Name a user or a network; null lets everybody in", path: ["users"] });
export type AskedAccess = z.output<typeof AskedAccess>;

/** The same, as people see it: no password is ever given back. */
export const ShownAccess = z.object({ users: z.array(z.object({ name: z.string() })), networks: z.array(z.string()) });
export type ShownAccess = z.output<typeof ShownAccess>;

/** 2^20 bytes each. */
const MaxBody = z.int("Give a whole number").min(1, "At least 1 MB").max(1_000_000, "At most 1,000,000 MB");

/** 2^14 characters: all that a server's proxy is told travels in one frame. */
const DownPage = z
  .string()
  .max(16_384, "A page has 16,384 characters at most")
  .refine((page) => page.trim() !== "", "Write a page, or leave it out")
  .refine((page) => !page.includes("\0"), "A page has no NUL character in it");

/** What a name can be told besides where it leads, but for who may visit. */
export const plainOptions = {
  headers: HeaderList,
  /** Browsers ask for it over HTTPS only, for a year from each answer on. Said over HTTPS only. */
  hsts: z.boolean(),
  /** How much may be sent to it in one request; null for whatever the app takes. */
  maxBodyMb: MaxBody.nullable(),
  /** What is text is sent compressed to whoever takes it so. */
  compress: z.boolean(),
  /** HTML that visitors see while the app does not answer; null for a page of AppOS's own. */
  downPage: DownPage.nullable(),
};

/** What of it a server is told: what is left out is not so. */
export const siteOptions = {
  headers: plainOptions.headers.optional(),
  hsts: plainOptions.hsts.optional(),
  access: SiteAccess.optional(),
  maxBodyMb: MaxBody.optional(),
  compress: plainOptions.compress.optional(),
  downPage: DownPage.optional(),
};

function isSome({ users, networks }: { users: unknown[]; networks: unknown[] }) {
  return users.length > 0 || networks.length > 0;
}

/** Names are compared as a proxy or a browser does: header names whatever their case, and two users that only it tells apart are a slip of the pen. */
function eachOnce<K extends string>(key: K) {
  return (items: Record<K, string>[], context: z.RefinementCtx) => {
    const seen = new Set<string>();
    items.forEach((item, i) => {
      const name = item[key].toLowerCase();
      if (seen.has(name)) context.addIssue({ code: "custom", message: "This is here already", path: [i, key] });
      seen.add(name);
    });
  };
}
