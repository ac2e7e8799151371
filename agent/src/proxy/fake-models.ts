import fc from "fast-check";
import { z } from "zod";
import { SiteName } from "@appos/shared/domain-name";
import { isWildcard, wildcardOf } from "@appos/shared/wildcards";
import { siteOptions } from "@appos/shared/site-options";
import { Https, ProxyModel } from "@appos/shared/sites";
import { certificateFolder } from "./certificates.ts";
import { internalPlace } from "./internal-authority.ts";
import { certifiedNames, namesWith, type Resolved, type ResolvedSite } from "./resolved.ts";

// Whatever may be asked of a proxy, and what of a server's containers it may meet: for tests.

const SiteOptions = z.object(siteOptions);

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const name = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom("test", "example", "xn--p1ai", "internal"))
  .map(([labels, top]) => [...labels, top].join("."));
const path = fc.oneof(
  fc.constant("/"),
  fc.array(fc.stringMatching(/^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,8}$/), { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`),
);
const upstream = fc.record({
  host: fc.oneof(fc.stringMatching(/^[a-z0-9][a-zA-Z0-9_.-]{1,30}$/), fc.ipV4()),
  port: fc.integer({ min: 1, max: 65_535 }),
});
const upstreams = fc.array(upstream, { maxLength: 3 });
const beside = fc.option(fc.record({ file: fc.stringMatching(/^appos-[a-z0-9]{1,8}\.[a-zA-Z0-9._-]{1,8}$/), upstreams }));
const user = fc.record({
  name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,12}$/),
  hash: fc.stringMatching(/^\$2b\$0[4-9]\$[./A-Za-z0-9]{53}$/),
});
const network = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((address) => !address.includes(".")),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map((parts) => parts.join("/")),
  fc.constantFrom("::/0", "2001:db8::/32", "fe80::1/128"),
);
const caseless = (each: { name: string }) => each.name.toLowerCase();
/** Held against the schema: what it does not take is no option of any site. */
const options = fc
  .record(
    {
      headers: fc.uniqueArray(
        fc.record({
          name: fc.oneof(
            fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/),
            fc.constantFrom("X-Frame-Options", "Server", "Content-Security-Policy"),
          ),
          value: fc.oneof(
            fc.constantFrom("", "default-src 'self'; img-src *", 'a "quoted" `b` #c'),
            fc.stringMatching(/^[\x20-\x7e]{0,20}$/),
          ),
        }),
        { maxLength: 4, selector: caseless },
      ),
      hsts: fc.boolean(),
      access: fc.record({
        users: fc.uniqueArray(user, { maxLength: 3, selector: caseless }),
        networks: fc.uniqueArray(network, { maxLength: 3 }),
      }),
      maxBodyMb: fc.integer({ min: 1, max: 1_000_000 }),
      compress: fc.boolean(),
      downPage: fc.constantFrom("<p>Back {env.PATH} soon</p>", "$host; } '\"", "…"),
    },
    { requiredKeys: [] },
  )
  .map((given) => SiteOptions.safeParse(given))
  .filter(({ success }) => success)
  .map(({ data }) => data!);
const plainSite = fc.record({
  name,
  https: fc.constantFrom(...Https.options),
  forceHttps: fc.boolean(),
  alias: fc.option(name.map((each) => `www.${each}`)),
  routes: fc.uniqueArray(fc.record({ path, upstreams, beside }), {
    minLength: 1,
    maxLength: 4,
    selector: (route) => route.path,
  }),
});
const site: fc.Arbitrary<ResolvedSite> = fc.tuple(plainSite, options).map(([plain, more]) => ({ ...plain, ...more }));

const acme = fc.record({
  directory: fc.constantFrom("https://acme.test/dir", "https://acme.test:14000/dir?x=%7B1%7D"),
  email: fc.option(fc.constant("ada@example.org")),
  rootsFile: fc.constant(null),
});
/** Some are wildcards, of which some would stand for the name before them; they come before all names, or after them. */
const several = fc
  .tuple(fc.array(fc.tuple(site, fc.constantFrom("name", "name", "above", "wildcard")), { maxLength: 6 }), fc.boolean())
  .map(([all, wildcardsFirst]) => {
    const named = all.flatMap(([each, kind], i): ResolvedSite[] => {
      const of = kind === "above" ? wildcardOf(all[i - 1]?.[0].name ?? each.name)! : kind === "wildcard" ? `*.${each.name}` : each.name;
      return SiteName.safeParse(of).success ? [{ ...each, name: of, alias: isWildcard(of) ? null : each.alias }] : [];
    });
    const once = [...new Map(named.map((each) => [each.name, each])).values()];
    return once.toSorted((a, b) => (Number(isWildcard(b.name)) - Number(isWildcard(a.name))) * (wildcardsFirst ? 1 : -1));
  });
/** A name is of one site only. */
const sites = several.map((all) => {
  const taken = new Set(all.map((each) => each.name));
  const isFree = (alias: string) => !taken.has(alias) && taken.add(alias);
  return all.map((each) => ({ ...each, alias: each.alias !== null && isFree(each.alias) ? each.alias : null }));
});
const noCertificates: ReadonlyMap<string, string> = new Map();

const unseen = fc.constantFrom<string[]>([], ["172.18.0.1", "fd00:1::1"]);
const uploaded = fc.constantFrom("certificates/own/0123abcd.pem", "certificates/own/4567cdef.pem");
/** Some of the names have a certificate that the agent got; those that were uploaded, and those of the server's own authority, are always there. */
export const anyModel: fc.Arbitrary<Resolved> = fc
  .tuple(fc.uuid(), acme, sites, unseen, uploaded)
  .chain(([id, authority, all, ours, own]) => {
    const model = { id, acme: authority, sites: all, unseen: ours, certificates: noCertificates };
    const theirs = [
      ...namesWith(model, "own").map((each) => [each, own] as const),
      ...namesWith(model, "internal").map((each) => [each, `${certificateFolder(internalPlace(each))}/0123abcd.pem`] as const),
    ];
    return fc.subarray([...new Set(certifiedNames(model))]).map((names) => ({
      ...model,
      certificates: new Map([...names.map((each) => [each, `${certificateFolder(each)}/0123abcd.pem`] as const), ...theirs]),
    }));
  });

const provenInDns = (model: Resolved): Resolved => ({
  ...model,
  sites: model.sites.map((each) => (each.https === "acme" ? { ...each, dnsProviderId: "dns_1" } : each)),
});

const CONSOLE = "console.invalid";
const consoleSite = { name: CONSOLE, console: true, https: "acme", forceHttps: true, alias: null, routes: [], compress: true } as const;
/** The same, of a server that may serve the console, before or after that has its certificate; and may have names proven in the DNS. */
export const anyServer: fc.Arbitrary<Resolved> = fc
  .tuple(anyModel, fc.constantFrom("without", "waiting", "served"), fc.boolean())
  .map(([given, state, inDns]) => [inDns ? provenInDns(given) : given, state] as const)
  .map(([model, state]) => ({
    ...model,
    ...(state !== "without" && { sites: [{ ...consoleSite, routes: [] }, ...model.sites] }),
    ...(state === "served" && { certificates: new Map([...model.certificates, [CONSOLE, "certificates/console.invalid/0123abcd.pem"]]) }),
  }));

/** What came over the wire is held against the schema once more: no renderer sees anything else. */
export const isModel = (sites: unknown) => ProxyModel.safeParse({ acme: { directory: "https://acme.test/dir" }, sites }).success;
