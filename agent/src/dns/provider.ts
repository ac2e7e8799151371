import { type DnsAccess, type DnsProvider, dnsProviderTitles } from "@appos/shared/dns-providers";
import { cloudflare } from "./cloudflare.ts";
import { digitalOcean } from "./digitalocean.ts";
import { DnsProviderFailed } from "./failed.ts";
import { hetzner } from "./hetzner.ts";
import { rfc2136 } from "./rfc2136.ts";
import type { DnsProviderClient, Tools } from "./tools.ts";

/** The provider's own client, for names in its zones. What it refuses is told with its name, and without what it is asked with. */
export function clientOf({ name, zones, access }: DnsProvider, tools: Tools): DnsProviderClient {
  const client = made(access, zones, tools);
  const secret = access.kind === "rfc2136" ? access.secret : access.token;
  const told = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      if (!(error instanceof DnsProviderFailed)) throw error;
      throw new Error(`${dnsProviderTitles[access.kind]} (${name}) ${error.message.replaceAll(secret, "…")}`);
    });
  return {
    add: (record, value, signal) => told(client.add(record, value, signal)),
    remove: (record, value, signal) => told(client.remove(record, value, signal)),
  };
}

function made(access: DnsAccess, zones: readonly string[], tools: Tools): DnsProviderClient {
  switch (access.kind) {
    case "rfc2136":
      return rfc2136(access, zones, tools);
    case "cloudflare":
      return cloudflare(access.token, zones, tools);
    case "digitalocean":
      return digitalOcean(access.token, zones, tools);
    case "hetzner":
      return hetzner(access.token, zones, tools);
  }
}
