import { zoneOf } from "@appos/shared/dns-providers";
import { z } from "zod";
import { type Api, type ApiAnswer, ask, refused, REMOVE, SHOW, TAKE } from "./api.ts";
import { DnsProviderFailed } from "./failed.ts";
import { type DnsProviderClient, type Tools, TTL } from "./tools.ts";

const Refusal = z.object({ errors: z.array(z.object({ code: z.number(), message: z.string() })) });
const Zones = z.object({ result: z.array(z.object({ id: z.string() })) });
const Records = z.object({ result: z.array(z.object({ id: z.string(), name: z.string(), content: z.string() })) });
/** "An identical record already exists", and the older "The record already exists". */
const THERE = [81_058, 81_057];
/** "Record does not exist". */
const GONE = 81_044;

const errorsIn = (answer: unknown) => Refusal.safeParse(answer).data?.errors ?? [];
const has = ({ body }: ApiAnswer, codes: number[]) => errorsIn(body).some(({ code }) => codes.includes(code));
const words = (answer: unknown) =>
  errorsIn(answer)
    .map(({ code, message }) => `${message} (${code})`)
    .join("; ") || undefined;

/** https://developers.cloudflare.com/api/resources/dns/subresources/records/ and /api/resources/zones/methods/list/ */
export function cloudflare(token: string, zones: readonly string[], tools: Tools): DnsProviderClient {
  const api: Api = { base: "https://api.cloudflare.com/client/v4", token, words };

  async function recordsOf(name: string, signal: AbortSignal): Promise<string> {
    const zone = zoneOf(zones, name)!;
    const answer = await ask(api, { method: "GET", path: `/zones?name=${encodeURIComponent(zone)}` }, tools, signal);
    if (!answer.isOk) throw refused(`show the zone ${zone}`, answer);
    const id = Zones.safeParse(answer.body).data?.result[0]?.id;
    if (id === undefined) throw new DnsProviderFailed(`has no zone ${zone} that this token may see.`);
    return `/zones/${encodeURIComponent(id)}/dns_records`;
  }

  return {
    async add(name, value, signal) {
      const body = { type: "TXT", name, content: `"${value}"`, ttl: TTL };
      const answer = await ask(api, { method: "POST", path: await recordsOf(name, signal), body }, tools, signal);
      if (!answer.isOk && !has(answer, THERE)) throw refused(TAKE, answer);
    },
    async remove(name, value, signal) {
      const records = await recordsOf(name, signal);
      const found = await ask(api, { method: "GET", path: `${records}?type=TXT&name.exact=${encodeURIComponent(name)}` }, tools, signal);
      if (!found.isOk) throw refused(SHOW, found);
      for (const { id, name: its, content } of Records.safeParse(found.body).data?.result ?? []) {
        if (its !== name || content.replace(/^"|"$/g, "") !== value) continue;
        const gone = await ask(api, { method: "DELETE", path: `${records}/${encodeURIComponent(id)}` }, tools, signal);
        if (!gone.isOk && !has(gone, [GONE])) throw refused(REMOVE, gone);
      }
    },
  };
}
