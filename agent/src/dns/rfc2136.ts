import { addressOf, type DnsAccess, zoneOf } from "@appos/shared/dns-providers";
import { DnsProviderFailed } from "./failed.ts";
import { type DnsProviderClient, type Tools, TTL } from "./tools.ts";
import { sign, verify, type Verdict } from "./tsig.ts";
import { type Change, readAnswer, updateMessage } from "./update-message.ts";

type Access = Extract<DnsAccess, { kind: "rfc2136" }>;

/** A name server that takes updates: RFC 2136, over TCP, signed as in RFC 8945. */
export function rfc2136(access: Access, zones: readonly string[], { outside, now }: Tools): DnsProviderClient {
  async function change(what: Change["what"], name: string, value: string, signal: AbortSignal) {
    const id = crypto.getRandomValues(new Uint16Array(1))[0]!;
    const at = now();
    const { message, mac } = await sign(updateMessage({ id, zone: zoneOf(zones, name)!, name, value, what, ttl: TTL }), access, at);
    const bytes = await outside.exchange(addressOf(access.server), message, signal).catch((error: unknown) => {
      throw new DnsProviderFailed(`could not be asked: ${error instanceof Error ? error.message : String(error)}`);
    });
    const problem = await problemOf(bytes, { id, mac, at });
    if (problem !== undefined) throw new DnsProviderFailed(`did not take the change: ${problem}`);
  }

  async function problemOf(bytes: Uint8Array, { id, mac, at }: { id: number; mac: Uint8Array; at: number }): Promise<string | undefined> {
    try {
      const answer = readAnswer(bytes);
      if (answer.id !== id || !answer.isAnswer) return "it answers something else than it was asked";
      const verdict = await verify(bytes, answer, access, mac);
      if (verdict.error !== 0) return wordsOfTsig(verdict, at, access);
      if (answer.rcode !== 0) return rcodes[answer.rcode] ?? `it answers with code ${answer.rcode}`;
      return verdict.isSigned ? undefined : "its answer is not signed with the key, so somebody else may have given it";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  return {
    add: (name, value, signal) => change("add", name, value, signal),
    remove: (name, value, signal) => change("remove", name, value, signal),
  };
}

/** RFC 8945, section 3. */
function wordsOfTsig({ error, serverTime }: Verdict, at: number, { keyName, algorithm }: Access): string {
  if (error === 16) return `the signature is wrong (BADSIG): the secret is another one than the server has for the key ${keyName}`;
  if (error === 17) return `it knows no key ${keyName} with ${algorithm} (BADKEY)`;
  if (error === 18) {
    const apart = serverTime === undefined ? "" : `, by ${Math.abs(serverTime - Math.floor(at / 1_000))} seconds`;
    return `its clock and this server's differ${apart} (BADTIME)`;
  }
  return `the signature is refused with code ${error}`;
}

/** RFC 1035, 4.1.1, and RFC 2136, 2.2. */
const rcodes: Record<number, string> = {
  1: "it cannot read the request (FORMERR)",
  2: "it failed (SERVFAIL)",
  4: "it takes no updates (NOTIMP)",
  5: "it refuses (REFUSED): the key may not change this zone, or the zone takes no updates",
  9: "it is not the server of this zone, or does not accept the key (NOTAUTH)",
  10: "the record is in no zone of it (NOTZONE)",
};
