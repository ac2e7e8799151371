import { zoneOf } from "@appos/shared/dns-providers";
import { z } from "zod";
import { type Api, ask, refused, REMOVE, SHOW, TAKE, withoutZone } from "./api.ts";
import { type DnsProviderClient, type Tools, TTL } from "./tools.ts";

const Refusal = z.object({ id: z.string(), message: z.string() });
const Records = z.object({ domain_records: z.array(z.object({ id: z.int(), type: z.string(), data: z.string() })) });

function words(answer: unknown) {
  const { data } = Refusal.safeParse(answer);
  return data && `${data.message} (${data.id})`;
}

/** https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records */
export function digitalOcean(token: string, zones: readonly string[], tools: Tools): DnsProviderClient {
  const api: Api = { base: "https://api.digitalocean.com/v2", token, words };
  const pathOf = (zone: string) => `/domains/${encodeURIComponent(zone)}/records`;
  return {
    async add(name, value, signal) {
      const zone = zoneOf(zones, name)!;
      const body = { type: "TXT", name: withoutZone(name, zone), data: value, ttl: TTL };
      const answer = await ask(api, { method: "POST", path: pathOf(zone), body }, tools, signal);
      if (!answer.isOk) throw refused(TAKE, answer);
    },
    async remove(name, value, signal) {
      const path = pathOf(zoneOf(zones, name)!);
      const asked = `${path}?type=TXT&name=${encodeURIComponent(name)}&per_page=200`;
      const found = await ask(api, { method: "GET", path: asked }, tools, signal);
      if (!found.isOk) throw refused(SHOW, found);
      for (const { id, type, data } of Records.safeParse(found.body).data?.domain_records ?? []) {
        if (type !== "TXT" || data !== value) continue;
        const gone = await ask(api, { method: "DELETE", path: `${path}/${id}` }, tools, signal);
        if (!gone.isOk && gone.status !== 404) throw refused(REMOVE, gone);
      }
    },
  };
}
