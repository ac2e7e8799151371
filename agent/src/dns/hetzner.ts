import { zoneOf } from "@appos/shared/dns-providers";
import { z } from "zod";
import { type Api, type ApiAnswer, ask, refused, REMOVE, TAKE, withoutZone } from "./api.ts";
import { DnsProviderFailed } from "./failed.ts";
import { type DnsProviderClient, type Tools, TTL } from "./tools.ts";

const Refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const Action = z.object({
  action: z.object({
    id: z.int(),
    status: z.enum(["running", "success", "error"]),
    error: z.object({ code: z.string(), message: z.string() }).nullish(),
  }),
});
/** What was asked for is done a moment later: it is looked so often, and for so long. */
const [LOOK_MS, LOOKS] = [1_000, 60];

function words(answer: unknown) {
  const { data } = Refusal.safeParse(answer);
  return data && `${data.error.message} (${data.error.code})`;
}

/**
 * Zones in the Hetzner Console: https://docs.hetzner.cloud/reference/cloud#zone-rrset-actions. The older DNS Console has another API, and
 * other tokens.
 */
export function hetzner(token: string, zones: readonly string[], tools: Tools): DnsProviderClient {
  const api: Api = { base: "https://api.hetzner.cloud/v1", token, words };
  const actionOn = (name: string, action: string) => {
    const zone = zoneOf(zones, name)!;
    return `/zones/${encodeURIComponent(zone)}/rrsets/${encodeURIComponent(withoutZone(name, zone))}/TXT/actions/${action}`;
  };
  const recordsOf = (value: string) => [{ value: `"${value}"` }];

  async function done(answer: ApiAnswer, what: string, signal: AbortSignal) {
    if (!answer.isOk) throw refused(what, answer);
    let action = Action.safeParse(answer.body).data?.action;
    for (let look = 0; action?.status === "running" && look < LOOKS; look++) {
      await tools.sleep(LOOK_MS, signal);
      const seen = await ask(api, { method: "GET", path: `/actions/${action.id}` }, tools, signal);
      if (!seen.isOk) throw refused(what, seen);
      action = Action.safeParse(seen.body).data?.action;
    }
    if (action?.status === "success") return;
    const { message, code } = action?.error ?? { message: "it does not come to an end", code: "running" };
    throw new DnsProviderFailed(`did not ${what}: ${action ? `${message} (${code})` : "its answer is none that it documents"}`);
  }

  return {
    async add(name, value, signal) {
      const body = { ttl: TTL, records: recordsOf(value) };
      await done(await ask(api, { method: "POST", path: actionOn(name, "add_records"), body }, tools, signal), TAKE, signal);
    },
    async remove(name, value, signal) {
      const body = { records: recordsOf(value) };
      const answer = await ask(api, { method: "POST", path: actionOn(name, "remove_records"), body }, tools, signal);
      if (answer.status !== 404) await done(answer, REMOVE, signal);
    },
  };
}
