import { z } from "zod";
import { DomainName } from "./domain-name.ts";

/** An agent says that it knows this which can prove in the DNS whose a name is. */
export const DNS_CHALLENGES = "dns-challenges";

/** Sent as it is in a header: nothing that ends one. */
const Token = z
  .string()
  .trim()
  .min(1, "Give the token")
  .max(500)
  .regex(/^[\x21-\x7e]+$/, "A token has no spaces or other signs than those of ASCII");

/** A host name, an IPv4 address, or an IPv6 address in brackets; and a port where it is not 53. */
const server = /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?$/i;

/** What it takes to change records at each kind of provider. None of it is ever shown again. */
export const DnsAccess = z.discriminatedUnion("kind", [
  /** Any name server that takes updates (RFC 2136) that are signed with a key (TSIG, RFC 8945): BIND, Knot, PowerDNS and others. */
  z.strictObject({
    kind: z.literal("rfc2136"),
    server: z
      .string()
      .trim()
      .max(260)
      .regex(server, "Give the name or address of the server, such as ns1.example.com or 192.0.2.53:5353")
      .refine((text) => portOf(text) <= 65_535 && portOf(text) > 0, "There is no such port"),
    keyName: z
      .string()
      .trim()
      .toLowerCase()
      .max(253)
      .regex(/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/, "Give the name of the key, as the server knows it")
      .refine(
        (name) =>
          name
            .replace(/\.$/, "")
            .split(".")
            .every((part) => part.length > 0 && part.length <= 63),
        "No part of a name is empty, or longer than 63",
      ),
    algorithm: z.enum(["hmac-sha256", "hmac-sha384", "hmac-sha512"]).default("hmac-sha256"),
    secret: z
      .string()
      .trim()
      .max(500)
      .regex(
        /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/,
        "Give the secret in base64, as tsig-keygen writes it",
      ),
  }),
  /** API tokens that may read the zone and change its DNS. */
  z.strictObject({ kind: z.literal("cloudflare"), token: Token }),
  z.strictObject({ kind: z.literal("digitalocean"), token: Token }),
  /** Zones in the Hetzner Console, which are reached by the Cloud API. */
  z.strictObject({ kind: z.literal("hetzner"), token: Token }),
]);
export type DnsAccess = z.output<typeof DnsAccess>;
export type DnsProviderKind = DnsAccess["kind"];

export const dnsProviderTitles: Record<DnsProviderKind, string> = {
  rfc2136: "RFC 2136",
  cloudflare: "Cloudflare",
  digitalocean: "DigitalOcean",
  hetzner: "Hetzner",
};

function portOf(text: string): number {
  const port = /:([0-9]+)$/.exec(text.replace(/^\[.*\]/, ""))?.[1];
  return port === undefined ? 53 : Number(port);
}

/** Where a name server is that takes updates: its host without brackets, and its port. */
export const addressOf = (text: string) => ({
  host: text.replace(/:[0-9]+$/, (end) => (text.endsWith("]") ? end : "")).replace(/^\[|\]$/g, ""),
  port: portOf(text),
});

const ProviderName = z.string().trim().min(1, "Give it a name").max(63);
const Zones = z
  .array(DomainName)
  .min(1, "Give at least one zone, such as example.com")
  .max(100)
  .refine((zones) => new Set(zones).size === zones.length, "A zone is given once");

/** One, as a server is told of it whose domains are proven by it. */
export const DnsProvider = z.strictObject({ id: z.string().min(1).max(63), name: ProviderName, zones: Zones, access: DnsAccess });
export type DnsProvider = z.output<typeof DnsProvider>;

export const NewDnsProvider = z.strictObject({ name: ProviderName, zones: Zones, access: DnsAccess });
export type NewDnsProvider = z.output<typeof NewDnsProvider>;

/** What is left out stays. What it is asked with is given whole. */
export const ChangeDnsProvider = NewDnsProvider.partial();
export type ChangeDnsProvider = z.output<typeof ChangeDnsProvider>;

export const DnsProviderView = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(["rfc2136", "cloudflare", "digitalocean", "hetzner"]),
    /** The longest of them that a name lies in is the one that its record goes to. */
    zones: z.array(z.string()),
    /** The names whose certificates come by it. */
    usedBy: z.array(z.string()),
    changedAt: z.int(),
  })
  .meta({ id: "DnsProvider" });
export type DnsProviderView = z.output<typeof DnsProviderView>;

/** The longest of the zones that a name lies in; undefined where it lies in none. */
export function zoneOf(zones: readonly string[], name: string): string | undefined {
  const plain = name.replace(/^\*\./, "");
  return zones.filter((zone) => plain === zone || plain.endsWith(`.${zone}`)).toSorted((a, b) => b.length - a.length)[0];
}
